import { type Duration, type Expr, type Shift } from './ast';
import { milliseconds } from './durations';
import { type Labels } from './labels';
import { type Source } from './source';
import { type Grid, merge, type StepSeries } from './steps';

/** What holds for a whole query. */
export interface Query {
  text: string;
  source: Source;
  /** First and last step, and the time between steps; milliseconds. */
  start: number;
  end: number;
  step: number;
  /** How old a sample may be, milliseconds. */
  lookback: number;
  /** Rises are followed to samples beyond their windows. */
  isUneven: boolean;
  /** Names are dropped at the end instead of where they lose their meaning. */
  delayedNameRemoval: boolean;
  /** What Prometheus would remark on the query, each once. */
  annotations: Set<string>;
}

/** Evaluates parts of an expression at the times of its grid. */
export interface Evaluator {
  readonly query: Query;
  readonly grid: Grid;
  vector(expr: Expr): StepSeries[];
  scalar(expr: Expr): Float64Array;
  /** One that evaluates at other times. */
  withGrid(grid: Grid): Evaluator;
}

/** The length of a duration in this query, in milliseconds. */
export function lengthOf(duration: Duration | undefined, { start, end, step }: Query): number {
  return duration ? milliseconds(duration, { step: step / 1000, range: (end - start) / 1000 }) : 0;
}

/** How a time of the grid becomes the time to look at. */
export function shift({ offset, at }: Shift, query: Query): (time: number) => number {
  const back = lengthOf(offset, query);
  if (at === undefined) {
    return (time) => time - back;
  }
  const fixed = (at === 'start' ? query.start : at === 'end' ? query.end : at) - back;
  return () => fixed;
}

/** The labels of a result that is no longer the metric it was. */
export function unnamed(labels: Labels, { delayedNameRemoval }: Query): Labels {
  return delayedNameRemoval ? labels : labels.dropMetadata();
}

/** Series that have lost their names, put together where that makes them the same. */
export function renamed(all: StepSeries[], values: (one: StepSeries) => Float64Array, query: Query): StepSeries[] {
  return merge(all.map((one) => ({ ...one, labels: unnamed(one.labels, query), values: values(one), dropName: true })));
}
