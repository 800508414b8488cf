import { Labels } from './labels';
import { type Source, type StoredSeries } from './source';

/** Series for tests: one value per second from 0 on; undefined for no sample, null for a stale marker. */
export function source(
  all: Array<{ labels: Record<string, string>; values: Array<number | null | undefined>; every?: number }>
): Source {
  const stored = all.map(({ labels, values, every = 1000 }): StoredSeries => {
    const samples = values.flatMap((value, i) => (value === undefined ? [] : [{ time: i * every, value }]));
    return {
      labels: Labels.fromRecord(labels),
      times: Float64Array.from(samples, ({ time }) => time),
      values: Float64Array.from(samples, ({ value }) => value ?? NaN),
      stale: Uint8Array.from(samples, ({ value }) => Number(value === null)),
      from: 0,
      to: samples.length,
    };
  });
  return {
    select: (matchers) =>
      stored.filter(({ labels }) => matchers.every(({ label, matches }) => matches(labels.get(label)))),
  };
}
