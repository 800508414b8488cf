import { type Store } from './types';

export const store: Omit<Store, 'externalMetrics'> = {
  identifyingMetrics: [
    // Falco always exports the first metric. Collectors that drop info metrics keep the second.
    { kind: 'falco', metrics: ['falcosecurity_falco_version_info', 'falcosecurity_scap_n_evts_total'] },
    // Falcosidekick exports it from the first event on. The second name is that of 2.29 and
    // earlier.
    { kind: 'falcosidekick', metrics: ['falcosecurity_falcosidekick_inputs_total', 'falcosidekick_inputs'] },
  ],
  counterDips: {
    metric: 'falcosecurity_scap_n_evts_total',
    start: 'falcosecurity_falco_start_timestamp_nanoseconds',
    reload: 'falcosecurity_falco_reload_timestamp_nanoseconds',
    cause:
      'Falco up to 0.45.0 reports wrong counters when two requests read its metrics at the same time. Let only one Prometheus scrape it, or upgrade Falco.',
  },
};
