import { type Expr } from './ast';
import { type Evaluator } from './context';
import { Labels } from './labels';
import { ranged } from './ranges';
import { firstAfter } from './source';
import { merge, samplesOf, type StepSeries } from './steps';

/** A series of a result. */
export interface ResultSeries {
  labels: Labels;
  /** Milliseconds since 1970, ascending; one per value. */
  times: Float64Array;
  values: Float64Array;
}

export interface Result {
  /** The type of the expression for an instant query; a matrix for a range query. */
  type: 'scalar' | 'vector' | 'matrix' | 'string';
  /** A scalar is one series without labels. A matrix is sorted by labels, a vector by its expression. */
  series: ResultSeries[];
  /** The value of a string. */
  text?: string;
  /** Prometheus's annotations: `PromQL info: … (1:6)`, `PromQL warning: …`. */
  annotations: string[];
}

/** A scalar as a series without labels. */
export function scalarSeries(values: Float64Array): StepSeries[] {
  return [{ labels: Labels.empty, values, present: new Uint8Array(values.length).fill(1), dropName: false }];
}

export function resultOf(all: StepSeries[], { query, grid }: Evaluator, ranges: boolean): ResultSeries[] {
  const final = query.delayedNameRemoval
    ? merge(all.map((one) => (one.dropName ? { ...one, labels: one.labels.dropMetadata() } : one)))
    : all;
  const series = final.map((one) => {
    const { times, values, to } = samplesOf(one, grid);
    return { labels: one.labels, times: times.subarray(0, to), values: values.subarray(0, to) };
  });
  return ranges ? sorted(series) : series;
}

/** The samples of an instant query for a range vector. */
export function windowOf(expr: Expr, evaluator: Evaluator): ResultSeries[] {
  if (expr.kind !== 'range' && expr.kind !== 'subquery') {
    return [];
  }
  const { series, length, end } = ranged(expr, evaluator);
  const to = end(evaluator.grid.start);
  return sorted(
    series
      .map(({ labels, dropName, samples }) => {
        const [first, next] = [firstAfter(samples, to - length), firstAfter(samples, to)];
        return {
          labels: dropName ? labels.dropMetadata() : labels,
          times: samples.times.slice(first, next),
          values: samples.values.slice(first, next),
        };
      })
      .filter(({ times }) => times.length > 0)
  );
}

function sorted(series: ResultSeries[]): ResultSeries[] {
  return series.sort((a, b) => a.labels.compare(b.labels));
}
