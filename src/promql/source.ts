import { type Labels } from './labels';
import { type Matcher } from './matcher';

/** Samples in order of time: the entries from `from` up to, but excluding, `to`. */
export interface Samples {
  /** Milliseconds since 1970, ascending. */
  readonly times: Float64Array;
  readonly values: Float64Array;
  readonly from: number;
  readonly to: number;
}

/** A stored series. */
export interface StoredSeries extends Samples {
  readonly labels: Labels;
  /** 1 for a stale marker: the series ends there. Its value is NaN. */
  readonly stale: Uint8Array;
}

/** Provides samples. The evaluator keeps no reference to them. */
export interface Source {
  /** All series that match every matcher. */
  select(matchers: readonly Matcher[]): StoredSeries[];
}

/** Index of the first sample after a time. */
export function firstAfter({ times, from, to }: Samples, time: number): number {
  let low = from;
  let high = to;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (times[middle]! <= time) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  return low;
}

/** The samples without stale markers. */
export function withoutStale(series: StoredSeries): Samples {
  const { times, values, stale, from, to } = series;
  let marks = 0;
  for (let i = from; i < to; i++) {
    marks += stale[i]!;
  }
  if (marks === 0) {
    return series;
  }
  const kept = { times: new Float64Array(to - from - marks), values: new Float64Array(to - from - marks) };
  let count = 0;
  for (let i = from; i < to; i++) {
    if (stale[i] === 0) {
      kept.times[count] = times[i]!;
      kept.values[count++] = values[i]!;
    }
  }
  return { ...kept, from: 0, to: count };
}
