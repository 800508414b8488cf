import { type Receiver } from './types';

/**
 * Falco's own alerts whose numbers the alert receiver records. Falco writes them with `metrics.output_rule: true`; they are
 * not in /metrics, and get the names that /metrics would give them. Source: Falco's userspace/falco/stats_writer.cpp.
 */
export const receiver: Receiver = {
  messages: [
    {
      rule: 'Falco internal: metrics snapshot',
      fields: [
        // Events that userspace processed. A proposal for /metrics uses this name.
        { name: 'falco.num_evts', metric: 'falcosecurity_falco_num_evts_total' },
      ],
    },
  ],
};
