import { links } from '../links';
import { anyGrouping, divide, increase, rate, sumByGroup } from '../templates';
import { type Signal } from '../types';

const received = 'falco_alerts_received_total';
const buckets = 'falco_alert_delivery_seconds_bucket';
const count = 'falco_alert_delivery_seconds_count';
const onTime = 'falco_alerts_on_time_total';
const duplicates = 'falco_alert_duplicates_total';
const processed = 'falcosecurity_falco_num_evts_total';

const noValueReason =
  'The alert receiver is off (receiver.enabled), or no alert of this node has arrived in the window';

const byNode = { default: ['$identity'], allowed: ['path', 'priority', 'source', ...anyGrouping] };

/** Returns a quantile of the delivery time. NaN, which stands for no alert, is left out. */
function quantile(q: number): string {
  return `histogram_quantile(${q}, sum by (le, $groupBy) ((${rate(buckets)})$join)) >= 0`;
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
    needs: [],
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
      'The alerts that arrived at the alert receiver within receiver.objective (30 seconds by default), divided by all that arrived. Lost alerts do not count. Groups add up their alerts.',
    expr: divide(sumByGroup(increase(onTime)), sumByGroup(increase(count))),
    groupBy: byNode,
    needs: [],
    advice: [],
    link: links.outputs,
    noValueReason,
  },
  {
    id: 'alerts-received-rate',
    title: 'Alerts received',
    dimension: 'delivery',
    targetKind: 'falco',
    unit: 'eps',
    min: 0,
    summary: 'Alerts per second that arrive at the alert receiver',
    description:
      "Alerts that arrive at the alert receiver of this data source, Falco's own messages included, each counted once. Groups add up their alerts.",
    expr: sumByGroup(rate(received)),
    groupBy: { default: ['$identity', 'path'], allowed: ['rule', 'priority', 'source', ...anyGrouping] },
    needs: [],
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
    needs: [],
    advice: [],
    link: links.outputs,
    noValueReason,
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
      'Falco does not export this count. It writes it into its own alert “Falco internal: metrics snapshot” (metrics.output_rule: true), which the alert receiver reads. The value changes once per metrics.interval, so the window has to span two intervals. Groups add up their events.',
    expr: sumByGroup(rate(processed)),
    groupBy: { default: ['$identity'], allowed: anyGrouping },
    needs: [],
    advice: [],
    link: links.metrics,
    noValueReason:
      'The alert receiver is off (receiver.enabled), metrics.output_rule is off in falco.yaml, or the window is shorter than two metrics.interval',
  },
];
