/** Annotations on a query, in Prometheus's wording. */
import { type Span } from './ast';
import { type Evaluator } from './context';
import { position } from './errors';
import { type Labels } from './labels';

function annotate({ query }: Evaluator, text: string, { from }: Span): void {
  query.annotations.add(`PromQL ${text} (${position(query.text, from)})`);
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
  const [le, name] = [labels.get('le'), labels.get('__name__')].map((text) => JSON.stringify(text));
  annotate(
    evaluator,
    `warning: bucket label "le" is missing or has a malformed value of ${le} for metric name ${name}`,
    at
  );
}

/** Tells that the counts of a histogram fell from one bucket to the next. */
export function annotateNonmonotonic(labels: Labels, at: Span, evaluator: Evaluator): void {
  const name = JSON.stringify(labels.get('__name__'));
  annotate(
    evaluator,
    `info: input to histogram_quantile needed to be fixed for monotonicity for metric name ${name}`,
    at
  );
}
