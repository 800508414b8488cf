import { annotateMalformedBucket, annotateNonmonotonic } from './annotations';
import { type Expr } from './ast';
import { type Evaluator, unnamed } from './context';
import { type Labels } from './labels';
import { isEmpty, merge, put, series, type StepSeries } from './steps';

interface Bucket {
  upperBound: number;
  count: number;
}

/** Buckets of one histogram, by upper bound. */
interface Histogram {
  labels: Labels;
  members: Array<{ upperBound: number; one: StepSeries }>;
}

/**
 * histogram_quantile over classic histograms: one series for every group of buckets, as Prometheus's promql/quantile.go
 * computes it. `q` is the quantile at each step.
 */
export function histogramQuantile(
  buckets: StepSeries[],
  q: Float64Array,
  at: Expr,
  evaluator: Evaluator
): StepSeries[] {
  const { grid, query } = evaluator;
  return merge(
    histograms(buckets, at, evaluator).map(({ labels, members }) => {
      const result = series(unnamed(labels, query), grid.count, true);
      for (let step = 0; step < grid.count; step++) {
        const there = members.filter(({ one }) => one.present[step] === 1);
        if (there.length > 0) {
          const counts = there.map(({ upperBound, one }) => ({ upperBound, count: one.values[step]! }));
          put(
            result,
            step,
            bucketQuantile(q[step]!, counts, () => annotateNonmonotonic(labels, at, evaluator))
          );
        }
      }
      return result;
    })
  ).filter((one) => !isEmpty(one));
}

function histograms(buckets: StepSeries[], at: Expr, evaluator: Evaluator): Histogram[] {
  const found = new Map<string, Histogram>();
  for (const one of buckets) {
    const upperBound = parseBound(one.labels.get('le'));
    if (upperBound === undefined) {
      annotateMalformedBucket(one.labels, at, evaluator);
      continue;
    }
    const labels = one.labels.drop(['le']);
    const histogram = found.get(labels.key) ?? { labels, members: [] };
    found.set(labels.key, histogram);
    histogram.members.push({ upperBound, one });
  }
  for (const { members } of found.values()) {
    members.sort((a, b) => a.upperBound - b.upperBound);
  }
  return [...found.values()];
}

/** The value of a label `le`, as Go's strconv.ParseFloat reads it; undefined when it is not a number. */
function parseBound(text: string): number | undefined {
  if (/^\+?inf(?:inity)?$/i.test(text)) {
    return Infinity;
  }
  const value = Number(text);
  return text.trim() === text && text !== '' && !Number.isNaN(value) ? value : undefined;
}

function bucketQuantile(q: number, sorted: Bucket[], onRepair: () => void): number {
  if (Number.isNaN(q)) {
    return NaN;
  }
  if (q < 0 || q > 1) {
    return q < 0 ? -Infinity : Infinity;
  }
  const buckets = monotonic(coalesce(sorted), onRepair);
  const last = buckets.at(-1)!;
  if (last.upperBound !== Infinity || buckets.length < 2 || last.count === 0) {
    return NaN;
  }
  let rank = q * last.count;
  const index = buckets.slice(0, -1).findIndex(({ count }) => count >= rank);
  if (index < 0) {
    return buckets.at(-2)!.upperBound;
  }
  const { upperBound, count } = buckets[index]!;
  if (index === 0) {
    return upperBound <= 0 ? upperBound : upperBound * (rank / count);
  }
  const before = buckets[index - 1]!;
  rank -= before.count;
  return before.upperBound + (upperBound - before.upperBound) * (rank / (count - before.count));
}

/** Merges buckets with the same bound. */
function coalesce(buckets: Bucket[]): Bucket[] {
  const merged: Bucket[] = [];
  for (const bucket of buckets) {
    const last = merged.at(-1);
    if (last?.upperBound === bucket.upperBound) {
      last.count += bucket.count;
    } else {
      merged.push({ ...bucket });
    }
  }
  return merged;
}

/** Raises counts that are lower than that of the bucket before, and ignores differences within rounding errors. */
function monotonic(buckets: Bucket[], onRepair: () => void): Bucket[] {
  let previous = buckets[0]!.count;
  for (const bucket of buckets.slice(1)) {
    if (almostEqual(previous, bucket.count)) {
      bucket.count = previous;
    } else if (bucket.count < previous) {
      bucket.count = previous;
      onRepair();
    }
    previous = bucket.count;
  }
  return buckets;
}

const tolerance = 1e-12;

function almostEqual(a: number, b: number): boolean {
  return a === b || Math.abs(a - b) / Math.min(Math.abs(a) + Math.abs(b), Number.MAX_VALUE) < tolerance;
}
