/** Annotations on a query, in Prometheus's wording. */
import { type Span } from './ast';
import { type Evaluator, type Query } from './context';
import { position } from './errors';
import { type Labels } from './labels';

/** The annotations of an evaluation as text. */
export function annotationsOf({ annotations }: Query): string[] {
  return [...annotations].map(([text, at]) => `PromQL ${text} (${at})`);
}

function annotate({ query }: Evaluator, text: string, { from }: Span): void {
  query.annotations.set(text, position(query.text, from));
}

/** Warns of rate and increase over a metric that does not look like a counter. */
export function annotateNonCounter(labels: Labels, at: Span, evaluator: Evaluator): void {
  const name = labels.get('__name__');
  if (name && !/(_total|_sum|_count|_bucket)$/.test(name)) {
    const why = 'metric might not be a counter, name does not end in _total/_sum/_count/_bucket';
    annotate(evaluator, `info: ${why}: "${name}"`, at);
  }
}

export function annotateQuantile(values: Float64Array, at: Span, evaluator: Evaluator): void {
  const outside = values.find((q) => !(q >= 0 && q <= 1));
  if (outside !== undefined) {
    const got = Number.isFinite(outside) ? outside : Number.isNaN(outside) ? 'NaN' : outside > 0 ? '+Inf' : '-Inf';
    annotate(evaluator, `warning: quantile value should be between 0 and 1, got ${got}`, at);
  }
}

export function annotateSort(at: Span, evaluator: Evaluator): void {
  if (evaluator.grid.count > 1) {
    annotate(
      evaluator,
      'warning: sort is ineffective for range queries since results are always ordered by labels',
      at
    );
  }
}

/** Warns of buckets that histogram_quantile leaves out. */
export function annotateMalformedBucket(labels: Labels, at: Span, evaluator: Evaluator): void {
  const le = JSON.stringify(labels.get('le'));
  const why = `bucket label "le" is missing or has a malformed value of ${le}`;
  annotate(evaluator, `warning: ${why}${forMetric(labels, evaluator)}`, at);
}

const histogramQuantileDocs = 'https://prometheus.io/docs/prometheus/latest/querying/functions/#histogram_quantile';

/**
 * Tells that the counts of a histogram fell from one bucket to the next. Prometheus adds which buckets and when, which would
 * be another text at every tick.
 */
export function annotateNonmonotonic(labels: Labels, at: Span, evaluator: Evaluator): void {
  const why = `input to histogram_quantile needed to be fixed for monotonicity (see ${histogramQuantileDocs})`;
  annotate(evaluator, `info: ${why}${forMetric(labels, evaluator)}`, at);
}

/** Prometheus only knows the name here with delayed name removal. */
function forMetric(labels: Labels, { query }: Evaluator): string {
  const name = query.delayedNameRemoval ? labels.get('__name__') : '';
  return name ? ` for metric name ${JSON.stringify(name)}` : '';
}
