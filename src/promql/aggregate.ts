import { type Aggregation } from './ast';
import { type Evaluator } from './context';
import { formatNumber } from './literals';
import { type Labels, metadata } from './labels';
import { annotateQuantile } from './annotations';
import { Mean, quantile, Sum } from './numeric';
import { selectHighestOrLowest } from './topk';
import { Collector, isEmpty, put, series, type SeriesGroup, type StepSeries } from './steps';

export function aggregate(expr: Aggregation, evaluator: Evaluator): StepSeries[] {
  const { grid } = evaluator;
  const all = evaluator.vector(expr.expr);
  switch (expr.operator) {
    case 'count_values':
      return countValues(expr, all, grid.count);
    case 'topk':
    case 'bottomk':
      return selectHighestOrLowest(
        expr,
        [...groups(expr, all).values()],
        all.length,
        evaluator.scalar(expr.parameter!),
        grid.count
      );
    default: {
      const parameter = expr.parameter && evaluator.scalar(expr.parameter);
      if (parameter) {
        annotateQuantile(parameter, expr.parameter!, evaluator);
      }
      return [...groups(expr, all).values()]
        .map(({ labels, members }) => {
          const dropName = members.some((member) => member.dropName);
          return reduce(expr.operator, members, series(labels, grid.count, dropName), parameter);
        })
        .filter((one) => !isEmpty(one));
    }
  }
}

function grouping(labels: Labels, { grouping: names, without }: Aggregation): Labels {
  return without ? labels.drop([...metadata, ...names]) : labels.keep(names);
}

function groups(expr: Aggregation, all: StepSeries[]): Map<string, SeriesGroup> {
  const found = new Map<string, SeriesGroup>();
  for (const one of all) {
    const labels = grouping(one.labels, expr);
    const group = found.get(labels.key);
    if (group) {
      group.members.push(one);
    } else {
      found.set(labels.key, { labels, members: [one] });
    }
  }
  return found;
}

/** Reduces the values of one step to one value. */
type Reduction = (values: number[], parameter: number) => number;

const reductions: Readonly<Record<string, Reduction>> = {
  sum: (values) => {
    const sum = new Sum();
    values.forEach((value) => sum.add(value));
    return sum.value + sum.lost;
  },
  avg: (values) => {
    const mean = new Mean();
    values.forEach((value) => mean.add(value));
    return mean.value;
  },
  min: (values) => values.reduce((least, value) => (least > value || Number.isNaN(least) ? value : least)),
  max: (values) => values.reduce((most, value) => (most < value || Number.isNaN(most) ? value : most)),
  count: (values) => values.length,
  group: () => 1,
  stdvar: (values) => variance(values),
  stddev: (values) => Math.sqrt(variance(values)),
  quantile: (values, q) => quantile(q, values),
};

function variance(values: number[]): number {
  let [mean, squares] = [values[0]!, Number.isFinite(values[0]!) ? 0 : NaN];
  for (let i = 1; i < values.length; i++) {
    const from = values[i]! - mean;
    mean += from / (i + 1);
    squares += from * (values[i]! - mean);
  }
  return squares / values.length;
}

function reduce(operator: string, members: StepSeries[], result: StepSeries, parameter?: Float64Array): StepSeries {
  const reduction = reductions[operator]!;
  const values: number[] = [];
  for (let step = 0; step < result.values.length; step++) {
    values.length = 0;
    for (const member of members) {
      if (member.present[step] === 1) {
        values.push(member.values[step]!);
      }
    }
    if (values.length > 0) {
      put(result, step, reduction(values, parameter ? parameter[step]! : 0));
    }
  }
  return result;
}

/** The number of series with each value. The value becomes a label. */
function countValues(expr: Aggregation, all: StepSeries[], count: number): StepSeries[] {
  const label = expr.parameter?.kind === 'string' ? expr.parameter.value : '';
  const kept = expr.without ? expr : { ...expr, grouping: [...expr.grouping, label] };
  const results = new Collector(count);
  for (const one of all) {
    for (let step = 0; step < count; step++) {
      if (one.present[step] === 1) {
        const labels = grouping(one.labels.set(label, formatNumber(one.values[step]!)), kept);
        const result = results.seriesFor(labels, false);
        put(result, step, result.values[step]! + 1);
      }
    }
  }
  return results.result();
}
