import * as names from './received';
import { type Receiver } from './types';

/**
 * Falco's own alerts whose numbers the alert receiver records. Falco writes the metrics snapshot with
 * `metrics.output_rule: true`, one for each event source; userspace/falco/stats_writer.cpp has its fields.
 *
 * What is not in /metrics gets the name that /metrics would give it. The two kernel counters are in
 * /metrics too, but only those of the snapshot are of the same moment as the userspace counter.
 */
export const receiver: Receiver = {
  messages: [
    {
      rule: names.metricsSnapshot,
      sourceField: 'evt.source',
      fields: [
        { name: 'falco.num_evts', metric: names.userspaceEvents },
        { name: 'falco.evts_rate_sec', metric: names.userspaceEventRate },
        { name: 'scap.n_evts', metric: names.snapshotEvents },
        { name: 'scap.n_drops', metric: names.snapshotDrops },
      ],
    },
  ],
  metrics: names.receivedMetrics,
  ownMetrics: names.ownMetrics,
  clock: {
    signal: 'clock-ahead',
    metrics: [names.deliveryBuckets, names.deliveryCount, names.canaryDelivery],
  },
};
