/**
 * Alert rules on what the alert receiver measured. Without the receiver they never fire.
 *
 * The objective is that 95 % of the alerts of a node arrive in time (receiver.objective). Its burn
 * rates follow the Google SRE workbook, https://sre.google/workbook/alerting-on-slos/, "Multiwindow,
 * Multi-Burn-Rate Alerts", for a period of 30 days (720 hours):
 *
 * - Fast: 2 % of the error budget within 1 hour. Burn rate 0.02 * 720 / 1 = 14.4.
 * - Slow: 5 % of the error budget within 6 hours. Burn rate 0.05 * 720 / 6 = 6.
 *
 * The share of late alerts must exceed burn rate * (1 - 0.95) in the long window and in a short one of
 * a twelfth of it, so that the alert ends soon after its cause.
 */
import { type AlertRule, bound, nothingIsFine } from './rule';

const objective = 0.95;
/** Number of alerts in the long window below which one late alert would say too much. */
const enough = 10;
const count = 'falco_alert_delivery_seconds_count';
const percent = (share: number) => `${Math.round(100 * share)} %`;

interface Burn {
  uid: AlertRule['uid'];
  title: string;
  rate: number;
  long: string;
  short: string;
  severity: AlertRule['severity'];
}

function burnRule({ uid, title, rate, long, short, severity }: Burn): AlertRule {
  const late = Number((rate * (1 - objective)).toFixed(4));
  return {
    uid,
    title,
    signal: 'delivery-on-time-ratio',
    // The smaller of the two shares of late alerts: both exceed a bound if the smaller one does.
    expr: ({ node, figure }) => {
      const [inLong, inShort] = [long, short].map((window) => figure('delivery-on-time-ratio', window));
      const atLeast = `(${inLong} > ${inShort} or ${inShort})`;
      return `1 - ${atLeast} and on (${node}) sum by (${node}) (increase(${count}[${long}])) >= ${enough}`;
    },
    fires: { type: 'gt', bound: late },
    when: `more than ${percent(late)} of the alerts of a node arrived late, within ${long} (with at least ${enough}) and within ${short}`,
    for: '0s',
    severity,
    ...nothingIsFine,
    look: { dashboard: 'Falco delivery', panel: 'Delivery by node' },
    summary: ({ node, value }) => `${value('humanizePercentage')} of the alerts of Falco on ${node} are late`,
    description: () =>
      `The objective is that ${percent(objective)} of the alerts arrive at the alert receiver in time (receiver.objective). Within ${long} and within ${short}, more than ${percent(late)} were late, ${Math.round(10 * rate) / 10} times what the objective allows.`,
  };
}

export const received: AlertRule[] = [
  burnRule({
    uid: 'falco-delivery-fast-burn',
    title: 'Falco alerts are late (fast burn)',
    rate: 14.4,
    long: '1h',
    short: '5m',
    severity: 'critical',
  }),
  burnRule({
    uid: 'falco-delivery-slow-burn',
    title: 'Falco alerts are late (slow burn)',
    rate: 6,
    long: '6h',
    short: '30m',
    severity: 'warning',
  }),
  {
    uid: 'falco-alerts-lost',
    title: 'Falco alerts are lost',
    signal: 'delivery-loss-ratio',
    window: '1h',
    fires: { type: 'gt', bound: bound('delivery-loss-ratio', 'warning') },
    when: 'more than 5 % of the matches of a Falco (with at least 20 within an hour) did not arrive at the alert receiver',
    for: '15m',
    severity: 'warning',
    ...nothingIsFine,
    look: { dashboard: 'Falco delivery', panel: 'Delivery by node' },
    summary: ({ node, value }) => `${value('humanizePercentage')} of the alerts of Falco on ${node} are lost`,
    description: () =>
      'Its rules matched, but the alert receiver of Grafana did not get the alerts. Rules that a sender filters count as lost until the settings name the filter (receiver.minimumPriority, receiver.rules).',
  },
  {
    uid: 'falco-canary-missed',
    title: 'Falco canary does not arrive',
    signal: 'missed-canaries',
    fires: { type: 'gt', bound: bound('missed-canaries', 'warning') },
    when: 'three canaries in a row did not arrive at the alert receiver (receiver.canary)',
    for: '0s',
    severity: 'critical',
    ...nothingIsFine,
    look: { dashboard: 'Falco delivery', panel: 'Delivery by node' },
    summary: ({ node, value }) => `${value('printf "%.0f"')} canaries of Falco on ${node} did not arrive`,
    description: () =>
      'A job triggers the rule of the canary periodically (receiver.canary.rule). Its alert has not arrived at Grafana: the job does not run, the rule is not loaded, Falco detects nothing, or alerts are lost on the way.',
  },
  {
    uid: 'falco-clock-ahead',
    title: 'Clock of a Falco is ahead',
    signal: 'clock-ahead',
    fires: { type: 'gt', bound: bound('clock-ahead', 'warning') },
    when: 'alerts of a node arrive more than a second before their event',
    for: '15m',
    severity: 'warning',
    ...nothingIsFine,
    look: { dashboard: 'Falco delivery', panel: 'Delivery by node' },
    summary: ({ node }) => `The clock of ${node} is ahead of Grafana's`,
    description: ({ value }) =>
      `Alerts arrive up to ${value('humanizeDuration')} before the time of their event, so the delivery times of the node are too short. Late alerts may count as on time.`,
  },
];
