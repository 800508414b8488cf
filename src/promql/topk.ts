import { type Aggregation } from './ast';
import { EvaluationError } from './errors';
import { isEmpty, put, series, type SeriesGroup, type StepSeries } from './steps';

/**
 * topk and bottomk: the highest or lowest series of every group at each step. The result of an instant query is sorted.
 * `limits` is k at each step, `seriesCount` the number of all series.
 */
export function selectHighestOrLowest(
  { operator }: Aggregation,
  groups: SeriesGroup[],
  seriesCount: number,
  limits: Float64Array,
  count: number
): StepSeries[] {
  checkLimits(limits);
  const results = new Map<StepSeries, StepSeries>();
  for (let step = 0; step < count; step++) {
    const k = Math.min(Math.trunc(limits[step]!), seriesCount);
    for (const { members } of groups) {
      for (const one of k < 1 ? [] : pick(members, step, k, operator === 'topk')) {
        const result = results.get(one) ?? series(one.labels, count, one.dropName);
        results.set(one, result);
        put(result, step, one.values[step]!);
      }
    }
  }
  return [...results.values()].filter((one) => !isEmpty(one));
}

function checkLimits(limits: Float64Array): void {
  const highest = limits.reduce((a, b) => Math.max(a, b), -Infinity);
  const lowest = limits.reduce((a, b) => Math.min(a, b), Infinity);
  if (highest < 1) {
    return;
  }
  if (Number.isNaN(highest)) {
    throw new EvaluationError('Parameter value is NaN');
  }
  if (lowest <= -(2 ** 63)) {
    throw new EvaluationError(`Scalar value ${lowest} underflows int64`);
  }
  if (highest >= 2 ** 63) {
    throw new EvaluationError(`Scalar value ${highest} overflows int64`);
  }
}

/** The k highest or lowest series, in that order. NaN comes after all numbers; equal values keep their order. */
function pick(members: StepSeries[], step: number, k: number, highest: boolean): StepSeries[] {
  const value = (one: StepSeries) => one.values[step]!;
  const worst = (one: StepSeries) => Number(Number.isNaN(value(one)));
  return members
    .filter(({ present }) => present[step] === 1)
    .sort((a, b) => worst(a) - worst(b) || (highest ? value(b) - value(a) : value(a) - value(b)) || 0)
    .slice(0, k);
}
