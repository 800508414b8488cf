import { type Matcher, type Selector } from '../promql';
import { catalogue } from '../signals';

import { type Target } from './BackendClient';

/** The kind of target that exports a metric; undefined when its name does not tell. */
function kindOfMetric(metric: string): string | undefined {
  return catalogue.reading.identifyingMetrics.find(({ prefix }) => metric.startsWith(prefix))?.kind;
}

/**
 * Whether a target's labels and facts pass the filters on them. Filters on labels that only metrics have are ignored.
 * `targetLabels` names the labels that any target may have. Same rules as pkg/datasource/targets.go.
 */
export function passesFilters(
  { labels, facts }: Target,
  filters: readonly Matcher[],
  targetLabels: readonly string[]
): boolean {
  return filters.every(({ label, matches }) => {
    const value = targetLabels.includes(label) ? (labels[label] ?? '') : facts?.[label];
    return value === undefined || matches(value);
  });
}

/** Whether a selector may match series of a target. `targetLabels` names the labels that any target may have. */
export function mayMatchTarget(
  { matchers }: Selector,
  { kind, labels }: Target,
  targetLabels: readonly string[]
): boolean {
  return matchers.every(({ label, operator, value, matches }) => {
    if (label === '__name__') {
      const prefix = operator === '=' ? value : operator === '=~' ? literalPrefix(value) : '';
      return (kindOfMetric(prefix) ?? kind) === kind;
    }
    return label in labels || label === 'kind' || targetLabels.includes(label) ? matches(labels[label] ?? '') : true;
  });
}

/** A prefix of every text that a pattern matches; possibly empty. */
function literalPrefix(pattern: string): string {
  return pattern.includes('|') ? '' : (/^\w*(?![\w?*{])/.exec(pattern)?.[0] ?? '');
}
