import { type Selector } from './ast';
import { type Evaluator, shift } from './context';
import { firstAfter, type StoredSeries } from './source';
import { isEmpty, put, series, type StepSeries, timeOf } from './steps';

/** The newest value of every series at each step, unless it exceeds the lookback or the series is stale. */
export function select(selector: Selector, evaluator: Evaluator): StepSeries[] {
  return newest(selector, evaluator, ({ values }, at) => values[at]!);
}

/** The times of those values, in seconds. */
export function selectTimes(selector: Selector, evaluator: Evaluator): StepSeries[] {
  return newest(selector, evaluator, ({ times }, at) => times[at]! / 1000);
}

function newest(
  selector: Selector,
  { query, grid }: Evaluator,
  value: (series: StoredSeries, at: number) => number
): StepSeries[] {
  const look = shift(selector, query);
  return query.source
    .select(selector.matchers)
    .map((stored) => {
      const result = series(stored.labels, grid.count);
      const { times, stale, from, to } = stored;
      let next = firstAfter(stored, look(grid.start));
      for (let step = 0; step < grid.count; step++) {
        const time = look(timeOf(grid, step));
        while (next < to && times[next]! <= time) {
          next++;
        }
        const at = next - 1;
        if (at >= from && times[at]! > time - query.lookback && stale[at] === 0) {
          put(result, step, value(stored, at));
        }
      }
      return result;
    })
    .filter((one) => !isEmpty(one));
}
