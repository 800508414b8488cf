import { EvaluationError } from './errors';
import { type Labels } from './labels';
import { type Samples } from './source';

/** The times at which an expression is evaluated, in milliseconds. */
export interface Grid {
  start: number;
  step: number;
  count: number;
}

/** A series of a result: a value for every step, and whether the step has one. */
export interface StepSeries {
  labels: Labels;
  values: Float64Array;
  present: Uint8Array;
  /** The name is dropped after the whole expression has been evaluated. */
  dropName: boolean;
}

/** Series that are aggregated into one. */
export interface SeriesGroup {
  labels: Labels;
  members: StepSeries[];
}

export function timeOf(grid: Grid, step: number): number {
  return grid.start + step * grid.step;
}

export function series(labels: Labels, count: number, dropName = false): StepSeries {
  return { labels, values: new Float64Array(count), present: new Uint8Array(count), dropName };
}

export function put(target: StepSeries, step: number, value: number): void {
  target.values[step] = value;
  target.present[step] = 1;
}

export function isEmpty({ present }: StepSeries): boolean {
  return !present.includes(1);
}

/** Collects the series of a result by their labels. */
export class Collector {
  private readonly byKey = new Map<string, StepSeries>();

  constructor(private readonly count: number) {}

  /** The series with these labels, created when it does not exist. */
  seriesFor(labels: Labels, dropName: boolean): StepSeries {
    let found = this.byKey.get(labels.key);
    if (!found) {
      found = series(labels, this.count, dropName);
      this.byKey.set(labels.key, found);
    }
    return found;
  }

  /** Adds a value. A second value for the same labels and step is an error. */
  add(target: StepSeries, step: number, value: number): void {
    if (target.present[step] === 1) {
      throw sameLabels();
    }
    put(target, step, value);
  }

  result(): StepSeries[] {
    return [...this.byKey.values()].filter((one) => !isEmpty(one));
  }
}

export function sameLabels(): EvaluationError {
  return new EvaluationError('vector cannot contain metrics with the same labelset');
}

/** Merges series with the same labels. Two values at the same step are an error. */
export function merge(all: StepSeries[]): StepSeries[] {
  const byKey = new Map<string, StepSeries>();
  for (const one of all) {
    const first = byKey.get(one.labels.key);
    if (!first) {
      byKey.set(one.labels.key, one);
      continue;
    }
    const joined = { ...first, values: first.values.slice(), present: first.present.slice() };
    for (let step = 0; step < one.present.length; step++) {
      if (one.present[step] === 1) {
        if (joined.present[step] === 1) {
          throw sameLabels();
        }
        put(joined, step, one.values[step]!);
      }
    }
    byKey.set(one.labels.key, joined);
  }
  return byKey.size === all.length ? all : [...byKey.values()];
}

/** The values of a series, mapped. Steps without a value stay without one. */
export function mapValues(one: StepSeries, value: (value: number, step: number) => number): Float64Array {
  const mapped = new Float64Array(one.values.length);
  for (let step = 0; step < mapped.length; step++) {
    if (one.present[step] === 1) {
      mapped[step] = value(one.values[step]!, step);
    }
  }
  return mapped;
}

/** The existing values of a series as samples. */
export function samplesOf({ values, present }: StepSeries, grid: Grid): Samples {
  const samples = { times: new Float64Array(grid.count), values: new Float64Array(grid.count) };
  let to = 0;
  for (let step = 0; step < grid.count; step++) {
    if (present[step] === 1) {
      samples.times[to] = timeOf(grid, step);
      samples.values[to++] = values[step]!;
    }
  }
  return { ...samples, from: 0, to };
}
