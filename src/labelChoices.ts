import { IDENTITY, targetLabels } from './expression';
import { type FalcoQuery } from './query';
import { type FalcoSettings } from './settings';
import { catalogue } from './signals';
import { allowedFilters, allowedGroupings } from './signals/compile';
import { type Signal } from './signals/types';

/** The signals with these ids, without ids that this version does not know. */
export function findSignals(ids: string[] = []): Signal[] {
  return ids.flatMap((id) => catalogue.signals.find((signal) => signal.id === id) ?? []);
}

/** The labels that all of these signals can be grouped by. */
export function commonGroupings(signals: Signal[], settings: FalcoSettings): string[] {
  const labels = { identity: IDENTITY, targetLabels: targetLabels(settings) };
  return intersect(signals.map((signal) => allowedGroupings(signal, labels)));
}

/** The labels that all of these signals can be filtered by. Without signals, the labels of every sample. */
export function commonFilterKeys(signals: Signal[], settings: FalcoSettings): string[] {
  const labels = { identity: IDENTITY, targetLabels: targetLabels(settings) };
  if (signals.length === 0) {
    return [...labels.identity, ...labels.targetLabels];
  }
  return intersect(signals.map((signal) => allowedFilters(catalogue, signal, labels)));
}

/** The labels that health, inventory, rules and events queries can be filtered by. */
export function nodeFilterKeys(settings: FalcoSettings): string[] {
  return [...commonFilterKeys([], settings), ...catalogue.groupings.map(({ id }) => id)];
}

function intersect([first = [], ...others]: string[][]): string[] {
  return first.filter((name) => others.every((names) => names.includes(name)));
}

/** The labels that a query can be filtered by; undefined for PromQL, where any label of the samples can. */
export function filterKeys(query: FalcoQuery, settings: FalcoSettings): string[] | undefined {
  switch (query.queryType) {
    case 'promql':
      return undefined;
    case 'signal':
      return commonFilterKeys(findSignals(query.signals), settings);
    default:
      return nodeFilterKeys(settings);
  }
}
