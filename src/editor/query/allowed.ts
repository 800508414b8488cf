import { IDENTITY, targetLabels } from '../../expression';
import { type FalcoSettings } from '../../settings';
import { catalogue } from '../../signals';
import { allowedFilters, allowedGroupings } from '../../signals/compile';
import { type Signal } from '../../signals/types';

/** The signals of a query that this version knows. */
export function knownSignals(ids: string[] = []): Signal[] {
  return ids.flatMap((id) => catalogue.signals.find((signal) => signal.id === id) ?? []);
}

/** What all of these signals may be grouped by. */
export function groupingsOf(signals: Signal[], settings: FalcoSettings): string[] {
  const labels = { identity: IDENTITY, targetLabels: targetLabels(settings) };
  return common(signals.map((signal) => allowedGroupings(signal, labels)));
}

/** What all of these signals may be filtered by; without a signal, what every sample carries. */
export function filterKeysOf(signals: Signal[], settings: FalcoSettings): string[] {
  const labels = { identity: IDENTITY, targetLabels: targetLabels(settings) };
  if (signals.length === 0) {
    return [...labels.identity, ...labels.targetLabels];
  }
  return common(signals.map((signal) => allowedFilters(catalogue, signal, labels)));
}

/** What the kinds that are about nodes, not figures, may be filtered by. */
export function nodeFilterKeys(settings: FalcoSettings): string[] {
  return [...filterKeysOf([], settings), ...catalogue.groupings.map(({ id }) => id)];
}

function common([first = [], ...others]: string[][]): string[] {
  return first.filter((name) => others.every((names) => names.includes(name)));
}
