/** Falcosidekick's counters, and how its counts of a host reach the Falco of that host. */
import { counted, either } from './templates';

export const events = 'falcosecurity_falcosidekick_falco_events_total';
export const olderEvents = 'falco_events';
export const inputs = 'falcosecurity_falcosidekick_inputs_total';
export const olderInputs = 'falcosidekick_inputs';
export const outputs = 'falcosecurity_falcosidekick_outputs_total';
export const olderOutputs = 'falcosidekick_outputs';

export const hostnames = 'falcosecurity_evt_hostname_info';

/**
 * Brings figures told by `hostname` to the Falco that has this host name in the same cluster. The
 * query's filters are on the Falco, not on the Falcosidekick. `also` are further labels that stay.
 */
export function toFalco(vector: string): string {
  return `(${hostnames}{$filter} * on (cluster, hostname) group_left () sum by (cluster, hostname) (${vector}))`;
}

/** Falcos of which Falcosidekick had an event within the window or before. */
export const known = toFalco(either([events, olderEvents], (name) => `last_over_time(${name}[$window])`));

/** Events of each Falco that Falcosidekick has counted within the window. */
export function onFalco(matchers?: string): string {
  return toFalco(either([events, olderEvents], (name) => counted(name, { matchers, unfiltered: true })));
}
