import { type RangeSelector, type Subquery } from './ast';
import { type Evaluator, lengthOf, shift } from './context';
import { EvaluationError } from './errors';
import { type Labels } from './labels';
import { type RangeFunction, type Window } from './rangeFunctions';
import { firstAfter, type Samples, withoutStale } from './source';
import { put, samplesOf, series, type StepSeries, timeOf } from './steps';

/** The step of subqueries that do not set one. */
const defaultStep = 60_000;

/** The series of a range selector or subquery, and the windows over them. */
export interface Ranged {
  series: Array<{ labels: Labels; dropName: boolean; samples: Samples; hasEnded?: boolean }>;
  /** Milliseconds. */
  length: number;
  /** The end of the window at a time of the grid. */
  end(time: number): number;
}

export function ranged(expr: RangeSelector | Subquery, evaluator: Evaluator): Ranged {
  const length = lengthOf(expr.range, evaluator.query);
  if (!(length > 0)) {
    throw new EvaluationError('duration must be greater than 0');
  }
  if (expr.kind === 'subquery') {
    return { series: subquery(expr, length, evaluator), length, end: shift(expr, evaluator.query) };
  }
  const stored = evaluator.query.source.select(expr.selector.matchers);
  return {
    series: stored.map((one) => ({
      labels: one.labels,
      dropName: false,
      samples: withoutStale(one),
      hasEnded: one.stale[one.to - 1] === 1,
    })),
    length,
    end: shift(expr.selector, evaluator.query),
  };
}

/** Evaluates a subquery. Its times are multiples of its own step, independent of those of the query. */
function subquery(expr: Subquery, length: number, evaluator: Evaluator): Ranged['series'] {
  const { grid, query } = evaluator;
  const step = expr.step ? lengthOf(expr.step, query) : defaultStep;
  if (!(step > 0)) {
    throw new EvaluationError('duration must be greater than 0');
  }
  const look = shift(expr, query);
  const before = look(grid.start) - length;
  let start = step * Math.trunc(before / step);
  if (start <= before) {
    start += step;
  }
  const count = Math.floor((look(timeOf(grid, grid.count - 1)) - start) / step) + 1;
  if (count < 1) {
    return [];
  }
  const inner = { start, step, count };
  return evaluator
    .withGrid(inner)
    .vector(expr.expr)
    .map((one) => ({ labels: one.labels, dropName: one.dropName, samples: samplesOf(one, inner) }));
}

/** Calls a function for the window of every step. The window slides, so that each sample is visited once. */
export function slide(
  { length, end }: Ranged,
  one: Pick<Ranged['series'][number], 'labels' | 'samples' | 'hasEnded'>,
  evaluator: Evaluator,
  fn: RangeFunction,
  argument?: Float64Array
): StepSeries {
  const { grid, query } = evaluator;
  const { times, values, from, to } = one.samples;
  const result = series(one.labels, grid.count);
  const window: Window = { times, values, first: 0, last: 0, start: 0, end: 0, now: 0, from, to, goesOn: false };
  let first = firstAfter(one.samples, end(grid.start) - length);
  let next = first;
  for (let step = 0; step < grid.count; step++) {
    window.now = timeOf(grid, step);
    window.end = end(window.now);
    window.start = window.end - length;
    while (first < to && times[first]! <= window.start) {
      first++;
    }
    while (next < to && times[next]! <= window.end) {
      next++;
    }
    if (next > first) {
      window.first = first;
      window.last = next - 1;
      if (query.isUneven) {
        window.goesOn = next === to && one.hasEnded === false;
      } else {
        window.from = first;
        window.to = next;
      }
      const value = fn(window, argument ? argument[step]! : 0);
      if (value !== undefined) {
        put(result, step, value);
      }
    }
  }
  return result;
}
