import { type Call, type Expr, type RangeSelector, type Selector, type Subquery, unwrap } from './ast';
import { type Evaluator, renamed, unnamed } from './context';
import { dateFunctions, valueFunctions } from './instantFunctions';
import { histogramQuantile } from './histogramQuantile';
import { labelJoin, labelReplace } from './labelFunctions';
import { Labels, metadata } from './labels';
import { annotateNonCounter, annotateQuantile, annotateSort } from './annotations';
import { ascending } from './numeric';
import * as overTime from './overTime';
import * as range from './rangeFunctions';
import { ranged, slide } from './ranges';
import { deriv, predictLinear } from './regression';
import { selectTimes } from './selectors';
import { isEmpty, mapValues, merge, series, type StepSeries, timeOf } from './steps';

const rangeFunctions: ReadonlyMap<string, range.RangeFunction> = new Map([
  ['absent_over_time', overTime.presentOverTime],
  ['avg_over_time', overTime.averageOverTime],
  ['changes', range.changes],
  ['count_over_time', overTime.countOverTime],
  ['delta', range.delta],
  ['deriv', deriv],
  ['first_over_time', overTime.firstOverTime],
  ['idelta', range.idelta],
  ['increase', range.increase],
  ['irate', range.irate],
  ['last_over_time', overTime.lastOverTime],
  ['max_over_time', overTime.maxOverTime],
  ['min_over_time', overTime.minOverTime],
  ['predict_linear', predictLinear],
  ['present_over_time', overTime.presentOverTime],
  ['quantile_over_time', overTime.quantileOverTime],
  ['rate', range.rate],
  ['resets', range.resets],
  ['stddev_over_time', overTime.deviation],
  ['stdvar_over_time', overTime.variance],
  ['sum_over_time', overTime.sumOverTime],
]);

/** Calls a function that returns a vector. */
export function callVector(call: Call, evaluator: Evaluator): StepSeries[] {
  const { query, grid } = evaluator;
  const args = call.args.map(unwrap);
  const [first] = args;
  const fn = rangeFunctions.get(call.name);
  if (fn) {
    return callRange(call, args, fn, evaluator);
  }
  const value = valueFunctions.get(call.name);
  if (value) {
    const vector = evaluator.vector(first!);
    const scalars = args.slice(1).map((arg) => evaluator.scalar(arg));
    const impossible = (step: number) => call.name === 'clamp' && scalars[1]![step]! < scalars[0]![step]!;
    const possible = vector.map((one) => ({
      ...one,
      present: one.present.map((there, step) => (there && !impossible(step) ? 1 : 0)),
    }));
    const apply = (one: StepSeries) =>
      mapValues(one, (given, step) => value(given, ...scalars.map((scalar) => scalar[step]!)));
    return renamed(call.name === 'clamp' ? possible : vector, apply, query).filter((one) => !isEmpty(one));
  }
  const date = dateFunctions.get(call.name);
  if (date) {
    return first
      ? renamed(evaluator.vector(first), (one) => mapValues(one, date), query)
      : [constant(times(evaluator).map(date))];
  }
  switch (call.name) {
    case 'absent':
      return absent(first!, evaluator.vector(first!), grid.count);
    case 'histogram_quantile': {
      const q = evaluator.scalar(first!);
      annotateQuantile(q, first!, evaluator);
      return histogramQuantile(evaluator.vector(args[1]!), q, args[1]!, evaluator);
    }
    case 'label_join':
      return labelJoin(evaluator.vector(first!), args.slice(1));
    case 'label_replace':
      return labelReplace(evaluator.vector(first!), args.slice(1));
    case 'timestamp': {
      const found =
        first!.kind === 'selector'
          ? selectTimes(first!, evaluator)
          : evaluator.vector(first!).map((one) => ({ ...one, values: times(evaluator) }));
      return renamed(found, ({ values }) => values, query);
    }
    case 'vector':
      return [constant(evaluator.scalar(first!))];
    default:
      // sort and sort_desc
      annotateSort(call, evaluator);
      return sorted(evaluator.vector(first!), call.name === 'sort_desc');
  }
}

/** Calls a function that returns a scalar. */
export function callScalar(call: Call, evaluator: Evaluator): Float64Array {
  switch (call.name) {
    case 'pi':
      return new Float64Array(evaluator.grid.count).fill(Math.PI);
    case 'time':
      return times(evaluator);
    default:
      return only(evaluator.vector(unwrap(call.args[0]!)), evaluator.grid.count);
  }
}

function times({ grid }: Evaluator): Float64Array {
  return Float64Array.from({ length: grid.count }, (_, step) => timeOf(grid, step) / 1000);
}

function constant(values: Float64Array): StepSeries {
  return { labels: Labels.empty, values, present: new Uint8Array(values.length).fill(1), dropName: false };
}

function callRange(call: Call, args: Expr[], fn: range.RangeFunction, evaluator: Evaluator): StepSeries[] {
  const { query, grid } = evaluator;
  const rangeArg = args.find(
    (arg): arg is RangeSelector | Subquery => arg.kind === 'range' || arg.kind === 'subquery'
  )!;
  const scalar = args.find((arg) => arg !== rangeArg);
  const argument = scalar && evaluator.scalar(scalar);
  const windows = ranged(rangeArg, evaluator);
  const keepsName = call.name === 'last_over_time' || call.name === 'first_over_time';
  const results = windows.series.map((one) => {
    const result = slide(windows, one, evaluator, fn, argument);
    result.dropName = !keepsName || one.dropName;
    if (!isEmpty(result) && (call.name === 'rate' || call.name === 'increase')) {
      annotateNonCounter(one.labels, args[0]!, evaluator);
    }
    result.labels = result.dropName ? unnamed(one.labels, query) : one.labels;
    return result;
  });
  const found = results.filter((one) => !isEmpty(one));
  if (call.name === 'quantile_over_time' && found.length > 0) {
    annotateQuantile(argument!, args[0]!, evaluator);
  }
  if (call.name === 'absent_over_time') {
    return absent(rangeArg.kind === 'range' ? rangeArg.selector : rangeArg, found, grid.count);
  }
  return merge(found);
}

/** 1 at every step without any value, with the labels that the selector determines. */
function absent(expr: Expr, found: StepSeries[], count: number): StepSeries[] {
  const result = series(expr.kind === 'selector' ? determinedLabels(expr) : Labels.empty, count);
  for (let step = 0; step < count; step++) {
    result.values[step] = 1;
    result.present[step] = found.some(({ present }) => present[step] === 1) ? 0 : 1;
  }
  return isEmpty(result) ? [] : [result];
}

function determinedLabels({ matchers }: Selector): Labels {
  const known = new Map<string, string>();
  const seen = new Set<string>();
  for (const { label, operator, value } of matchers.filter((one) => !metadata.includes(one.label))) {
    if (operator === '=' && !seen.has(label)) {
      known.set(label, value);
      seen.add(label);
    } else {
      known.delete(label);
    }
  }
  return Labels.fromEntries([...known]);
}

/** The value of the only series; NaN at steps with no value or several. */
function only(all: StepSeries[], count: number): Float64Array {
  return Float64Array.from({ length: count }, (_, step) => {
    const there = all.filter(({ present }) => present[step] === 1);
    return there.length === 1 ? there[0]!.values[step]! : NaN;
  });
}

/** Sorts by the value at the first step, NaN last. Results of range queries are sorted by labels afterwards. */
function sorted(all: StepSeries[], descending: boolean): StepSeries[] {
  const value = (one: StepSeries) => one.values[0]!;
  const last = (one: StepSeries) => Number(Number.isNaN(value(one)));
  return [...all].sort(
    (a, b) => last(a) - last(b) || (descending ? ascending(value(b), value(a)) : ascending(value(a), value(b)))
  );
}
