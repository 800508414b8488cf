import { type Duration, type Expr, type Shift } from './ast';
import { milliseconds } from './durations';
import { type Labels } from './labels';
import { type Source } from './source';
import { type Grid, merge, type StepSeries } from './steps';

/** The parameters and state of one evaluation. */
export interface Query {
  text: string;
  source: Source;
  /** First and last step, and the time between steps; milliseconds. */
  start: number;
  end: number;
  step: number;
  /** Maximum age of a sample in milliseconds. */
  lookback: number;
  /** Increases at the ends of a window are interpolated from samples outside; see `Options.isUneven`. */
  isUneven: boolean;
  /** Names are dropped at the end of the evaluation instead of by each operation. */
  delayedNameRemoval: boolean;
  /** Prometheus's annotations on the query, each with its last position in the text. */
  annotations: Map<string, string>;
}

/** Evaluates parts of an expression at the times of its grid. */
export interface Evaluator {
  readonly query: Query;
  readonly grid: Grid;
  vector(expr: Expr): StepSeries[];
  scalar(expr: Expr): Float64Array;
  /** An evaluator of the same query at other times. */
  withGrid(grid: Grid): Evaluator;
}

/** A duration in this query, in milliseconds. */
export function lengthOf(duration: Duration | undefined, { start, end, step }: Query): number {
  return duration ? milliseconds(duration, { step: step / 1000, range: (end - start) / 1000 }) : 0;
}

/** Applies `offset` and `@` to a time. */
export function shift({ offset, at }: Shift, query: Query): (time: number) => number {
  const back = lengthOf(offset, query);
  if (at === undefined) {
    return (time) => time - back;
  }
  const fixed = (at === 'start' ? query.start : at === 'end' ? query.end : at) - back;
  return () => fixed;
}

/** The labels of a result that is no longer the metric itself. */
export function unnamed(labels: Labels, { delayedNameRemoval }: Query): Labels {
  return delayedNameRemoval ? labels : labels.dropMetadata();
}

/** Series with new values and without names, merged where their labels become the same. */
export function renamed(all: StepSeries[], values: (one: StepSeries) => Float64Array, query: Query): StepSeries[] {
  return merge(all.map((one) => ({ ...one, labels: unnamed(one.labels, query), values: values(one), dropName: true })));
}
