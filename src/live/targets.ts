import { type Matcher, type Selector } from '../promql';
import { catalogue } from '../signals';
import { type Signal } from '../signals/types';
import { type Target } from './routes';

/** The kind of target that exports a metric; nothing where the name does not tell. */
function kindOfMetric(metric: string): string | undefined {
  return catalogue.reading.marks.find(({ prefix }) => metric.startsWith(prefix))?.kind;
}

/** The kind of target that a signal is about. */
export function kindOf({ needs }: Pick<Signal, 'needs'>): string {
  return needs.map(({ metric }) => kindOfMetric(metric)).find((kind) => kind !== undefined) ?? 'falco';
}

/**
 * Whether a target's labels and facts pass the filters on them, as pkg/datasource/targets.go has it: filters on a metric's
 * own labels say nothing about targets. `own` are the labels that every target may have.
 */
export function passes({ labels, facts }: Target, filters: readonly Matcher[], own: readonly string[]): boolean {
  return filters.every(({ label, matches }) => {
    const known = own.includes(label) ? (labels[label] ?? '') : facts?.[label];
    return known === undefined || matches(known);
  });
}

/** Whether a selector can meet series of a target. `own` are the labels that every target may have. */
export function mayMeet({ matchers }: Selector, { kind, labels }: Target, own: readonly string[]): boolean {
  return matchers.every(({ label, operator, value, matches }) => {
    if (label === '__name__') {
      const begin = operator === '=' ? value : operator === '=~' ? literalBegin(value) : '';
      return (kindOfMetric(begin) ?? kind) === kind;
    }
    return label in labels || label === 'kind' || own.includes(label) ? matches(labels[label] ?? '') : true;
  });
}

/** What every name begins with that a pattern matches. */
function literalBegin(pattern: string): string {
  return pattern.includes('|') ? '' : (/^\w*(?![\w?*{])/.exec(pattern)?.[0] ?? '');
}
