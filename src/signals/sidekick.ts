/**
 * Falcosidekick's counters, and how its counts for a host are assigned to the Falco on that host.
 */
import { increaseFromZero, combineNames } from './templates';

export const events = 'falcosecurity_falcosidekick_falco_events_total';
export const olderEvents = 'falco_events';
export const inputs = 'falcosecurity_falcosidekick_inputs_total';
export const olderInputs = 'falcosidekick_inputs';
export const outputs = 'falcosecurity_falcosidekick_outputs_total';
export const olderOutputs = 'falcosidekick_outputs';

export const hostnames = 'falcosecurity_evt_hostname_info';

/**
 * Assigns values with the label `hostname` to the Falco with this host name in the same cluster.
 * The filters of the query apply to Falco, not to Falcosidekick.
 */
export function joinToFalco(vector: string): string {
  return `(${hostnames}{$filter} * on (cluster, hostname) group_left () sum by (cluster, hostname) (${vector}))`;
}

/** Falco instances that sent at least one event to Falcosidekick within the window or before. */
export const knownToSidekick = joinToFalco(
  combineNames([events, olderEvents], (name) => `last_over_time(${name}[$window])`)
);

/**
 * Returns the events of each Falco that Falcosidekick counted within the window. With `filtered`, filters on labels of the
 * events apply.
 */
export function countEventsOfFalco(matchers?: string, { filtered = false } = {}): string {
  return joinToFalco(
    combineNames([events, olderEvents], (name) =>
      increaseFromZero(name, { matchers, unfiltered: filtered ? 'target' : true })
    )
  );
}
