import { execFileSync } from 'node:child_process';
import { matcher, type ResultSeries } from '../../src/promql';
import { type SampleBuffer } from '../../src/live';

export interface Query {
  expr: string;
  /** Milliseconds. */
  start: number;
  end: number;
  step: number;
}

/** The result of one query. */
export interface EngineResult {
  error?: string;
  series: Array<{ labels: Record<string, string>; times: number[]; values: number[] }> | null;
}

export interface EngineRun {
  /** Results of the backend's engine, one per query. */
  answers: EngineResult[];
  /** Duration of all its queries together. */
  seconds: number;
  /** Results of a real Prometheus, if it was requested and is installed. */
  server?: EngineResult[] | null;
  /** The version that it reports. */
  version?: string;
}

/** Evaluates queries with the backend's engine over the same samples and, with `server`, with a real Prometheus. */
export function askEngine(buffer: SampleBuffer, queries: Query[], { server = false } = {}): EngineRun {
  const series = exchanged(buffer);
  const answer = execFileSync('go', ['run', './tests/conformance/engine'], {
    input: JSON.stringify({ series, queries, server }),
    encoding: 'utf8',
    maxBuffer: 2 ** 30,
  });
  const read = (key: string, value: unknown) => (key === 'values' ? (value as unknown[])?.map(Number) : value);
  return JSON.parse(
    answer.replace(/"([-+]Inf|NaN)"/g, (_, word: string) => `"${word.replace('Inf', 'Infinity')}"`),
    read
  );
}

/** All samples of a buffer, in the format of tests/conformance/samples. */
export function exchanged(buffer: SampleBuffer) {
  return buffer.select([matcher('__name__', '!=', '')]).map(({ labels, times, values, stale, from, to }) => ({
    labels: Object.fromEntries(labels.entries()) as Record<string, string>,
    times: [...times.subarray(from, to)],
    values: Array.from(values.subarray(from, to), (value, i) => (stale[from + i] === 1 ? 'stale' : written(value))),
  }));
}

function written(value: number): number | string {
  return Number.isFinite(value) ? value : Number.isNaN(value) ? 'NaN' : value > 0 ? '+Inf' : '-Inf';
}

/**
 * Maximum relative and absolute difference between two values. The order of additions differs, and the difference of two
 * nearly equal values loses precision.
 */
const relative = 1e-9;
const absolute = 1e-12;

/** Describes how a result differs from the engine's; undefined when it does not. */
export function difference(ours: ResultSeries[], theirs: EngineResult): string | undefined {
  if (theirs.error) {
    return `the engine refuses: ${theirs.error}`;
  }
  const expected = theirs.series ?? [];
  const names = [
    ours.map(({ labels }) => describe(labels.entries())),
    expected.map((one) => describe(Object.entries(one.labels))),
  ];
  if (String(names[0]) !== String(names[1])) {
    return `series ${names[0]}, the engine's ${names[1]}`;
  }
  for (const [i, { times, values, labels }] of ours.entries()) {
    const other = expected[i]!;
    if (String(times) !== String(other.times)) {
      return `${labels}: at ${times}, the engine's at ${other.times}`;
    }
    const at = values.findIndex((value, j) => !near(value, other.values[j]!));
    if (at >= 0) {
      return `${labels}: ${values[at]} at ${times[at]}, the engine's ${other.values[at]}`;
    }
  }
  return undefined;
}

function describe(labels: Array<[string, string]>): string {
  return JSON.stringify(labels.sort(([a], [b]) => (a < b ? -1 : 1)));
}

function near(a: number, b: number): boolean {
  return Object.is(a, b) || Math.abs(a - b) <= Math.max(absolute, relative * Math.max(Math.abs(a), Math.abs(b)));
}
