import { wrongClocks } from '../continuity/clock';
import { links } from '../links';
import {
  deliveryBuckets,
  deliveryCount,
  duplicates,
  minimumDelay,
  onTime,
  received,
  receiverMetric,
  snapshotDrops,
  snapshotEvents,
  userspaceEventRate,
  userspaceEvents,
} from '../received';
import { anyGrouping, divide, increase, rate, sumByGroup } from '../templates';
import { type Signal } from '../types';

const noValueReason = 'No alert of this node arrived at the alert receiver within the window';

const noSnapshot =
  'No metrics snapshot of this node has arrived: metrics.enabled or metrics.output_rule is off in falco.yaml';

const syscalls = (metric: string) => `increase(${metric}{source="syscall",$filter}[$window])`;
/** Not before the counters changed: between two snapshots, nothing is known. Replicas of Grafana each have some snapshots. */
const lag = `max by ($identity, $groupBy) (clamp_min(${syscalls(snapshotEvents)} - ${syscalls(snapshotDrops)} - ${syscalls(userspaceEvents)}, 0) and ${syscalls(snapshotEvents)} > 0)`;

const byNode = { default: ['$identity'], allowed: ['path', 'priority', 'source', ...anyGrouping] };

/** Returns a quantile of the delivery time. NaN, which stands for no alert, is left out. */
function quantile(q: number): string {
  return `histogram_quantile(${q}, sum by (le, $groupBy) ((${rate(deliveryBuckets)})$join)) >= 0`;
}

function deliveryTime(percentile: number): Signal {
  return {
    id: `delivery-time-p${percentile}`,
    title: `Delivery time, ${percentile}th percentile`,
    dimension: 'delivery',
    targetKind: 'falco',
    unit: 's',
    min: 0,
    summary: `Time within which ${percentile} % of the alerts arrived at the alert receiver`,
    description: `The time from an event to the arrival of its alert at the alert receiver of this data source, estimated from a histogram: the error is at most the width of a bucket (0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30 and 60 seconds, then 2, 5, 10, 30 and 60 minutes). Clocks of the node and of Grafana count as they are; a clock that is ahead makes times too short. Groups merge their histograms.`,
    expr: quantile(percentile / 100),
    groupBy: byNode,
    needs: [receiverMetric(deliveryBuckets)],
    advice: [
      {
        when: 'Alerts take minutes.',
        change:
          'Compare the path falco with the path falcosidekick to see where the time is lost. Look for an output of Falco that blocks (output_timeout) or a Falcosidekick that lacks CPU.',
        cost: 'None.',
      },
    ],
    link: links.outputs,
    noValueReason,
  };
}

/** Signals of the alert receiver, which measures the delivery of alerts as one more destination. */
export const receiver: Signal[] = [
  ...[50, 95, 99].map(deliveryTime),
  {
    id: 'delivery-on-time-ratio',
    title: 'Alerts on time',
    dimension: 'delivery',
    targetKind: 'falco',
    unit: 'percentunit',
    min: 0,
    max: 1,
    summary: 'Share of the alerts that arrived within the objective',
    description:
      'The alerts that arrived at the alert receiver within receiver.objective (30 seconds by default), divided by all that arrived. Lost alerts do not count; see delivery-loss-ratio. Groups add up their alerts.',
    expr: divide(sumByGroup(increase(onTime)), sumByGroup(increase(deliveryCount))),
    groupBy: byNode,
    needs: [receiverMetric(onTime), receiverMetric(deliveryCount)],
    thresholds: {
      direction: 'below',
      warning: 0.95,
      critical: 0.7,
      because:
        'The objective of the alert rules is that 95 % of the alerts arrive in time. Below 70 %, its error budget of 30 days is used up within five days. The objective is ours.',
      source: links.workbook,
    },
    advice: [
      {
        when: 'Only the path falcosidekick is late.',
        change:
          'By default, Falcosidekick sends one request at a time to a destination: raise webhook.maxconcurrentrequests. Give it more CPU if it uses all it has.',
        cost: 'CPU of the node.',
      },
      {
        when: 'The path falco is late.',
        change: 'Speed up or disable the output of Falco that blocks the others (output_timeout, http_output).',
        cost: 'None, except for a disabled output.',
      },
    ],
    link: links.outputs,
    noValueReason,
  },
  {
    id: 'alerts-received-rate',
    title: 'Alerts received',
    dimension: 'delivery',
    targetKind: 'falco',
    unit: 'count:alerts/h',
    min: 0,
    summary: 'Alerts per hour that arrive at the alert receiver',
    description:
      "Alerts that arrive at the alert receiver of this data source, Falco's own messages included, each counted once. Groups add up their alerts.",
    expr: `${sumByGroup(rate(received))} * 3600`,
    groupBy: { default: ['$identity', 'path'], allowed: ['rule', 'priority', 'source', ...anyGrouping] },
    needs: [receiverMetric(received)],
    advice: [],
    link: links.outputs,
    noValueReason,
  },
  {
    id: 'duplicate-alerts',
    title: 'Duplicate alerts',
    dimension: 'delivery',
    targetKind: 'falco',
    unit: 'locale',
    decimals: 0,
    min: 0,
    summary: 'Alerts that arrived more than once within the window',
    description:
      "Alerts with the UUID, or from Falco itself the time, rule and host name, of one that had arrived before. Falco's http_output sends an alert again after a timeout. Groups add up their alerts.",
    expr: sumByGroup(increase(duplicates)),
    groupBy: { default: ['$identity'], allowed: ['path', ...anyGrouping] },
    needs: [receiverMetric(duplicates)],
    advice: [],
    link: links.outputs,
    noValueReason: 'No alert of this node has arrived twice',
  },
  {
    id: 'clock-ahead',
    title: 'Clock ahead of Grafana',
    dimension: 'delivery',
    targetKind: 'falco',
    unit: 's',
    min: 0,
    summary: "Time by which the clock of a node is at least ahead of Grafana's",
    description:
      'An alert cannot arrive before its event. If the shortest delivery time of the last five to ten minutes is negative, the clock of the node is ahead of that of Grafana by at least as much, and the delivery times of the node are too short. They are never corrected. 0 means that nothing shows a difference: a clock that is behind makes delivery times too long and looks like a slow delivery. clock-difference, which is measured from scrapes, finds it if it differs by more than ten seconds. Groups show the maximum.',
    expr: `max by ($groupBy) (clamp_min(-${minimumDelay}{$filter}, 0)$join)`,
    groupBy: { default: ['$identity'], allowed: ['path', ...anyGrouping] },
    needs: [receiverMetric(minimumDelay)],
    thresholds: {
      direction: 'above',
      warning: 1,
      because: 'With time synchronisation, clocks differ by milliseconds. The threshold is ours.',
      source: links.outputs,
    },
    advice: wrongClocks('the Grafana server'),
    link: links.outputs,
    noValueReason: 'No alert of this node has arrived within the last ten minutes',
  },
  {
    id: 'userspace-event-rate',
    title: 'Userspace events',
    dimension: 'data-quality',
    targetKind: 'falco',
    unit: 'eps',
    min: 0,
    summary: 'Events per second that Falco processed in userspace',
    description:
      'Falco does not export this value. It writes it into its own alert “Falco internal: metrics snapshot” (metrics.output_rule: true), which the alert receiver reads. It is the mean over the last metrics.interval and changes with each snapshot. Groups add up their events.',
    expr: sumByGroup(`max by (source, $identity, $groupBy) (${userspaceEventRate}{$filter})`),
    groupBy: { default: ['$identity'], allowed: ['source', ...anyGrouping] },
    needs: [receiverMetric(userspaceEventRate)],
    advice: [],
    link: links.metrics,
    noValueReason: `${noSnapshot}, or the first snapshot since the start was the last: the rate starts with the second`,
  },
  {
    id: 'userspace-lag',
    title: 'Userspace lag',
    dimension: 'data-quality',
    targetKind: 'falco',
    unit: 'short',
    min: 0,
    summary: 'Events within the window that the driver delivered and userspace did not process',
    description:
      'Events that the driver handled, minus those that it dropped, minus those that Falco processed in userspace: events that Falco read late or never. All three come from the same alert “Falco internal: metrics snapshot”, so they are of the same moment. They change once per metrics.interval, so the window has to contain at least one change. Falco also processes events that no driver counts, such as those of plugins; a difference below 0 is shown as 0. Groups show the sum.',
    expr: sumByGroup(lag),
    groupBy: { default: ['$identity'], allowed: anyGrouping },
    needs: [receiverMetric(snapshotEvents), receiverMetric(snapshotDrops), receiverMetric(userspaceEvents)],
    advice: [
      {
        when: 'The lag grows from snapshot to snapshot.',
        change:
          'Falco cannot keep up with the events that it reads. Reduce them (base_syscalls.custom_set, base_syscalls.repair: true), make rules cheaper, or remove plugins.',
        cost: 'Rules on excluded syscalls no longer match.',
      },
    ],
    link: links.metrics,
    noValueReason: `${noSnapshot}, metrics.kernel_event_counters_enabled is off, or the window is shorter than metrics.interval`,
  },
];
