import { links } from '../links';
import { exportedAlways, orRuleCountersOff, sidekickCounter } from '../needs';
import { canaryArrival, canaryDelivery, canaryPeriod, receiverMetric, receiverStart } from '../received';
import { events, hostnames, olderEvents } from '../sidekick';
import { anyGrouping, combineNames } from '../templates';
import { type Advice, type Signal } from '../types';

const matches = 'falcosecurity_falco_rules_matches_total';

/**
 * Returns the time of the last scrape at which a counter was higher than 30 seconds before, or new.
 */
function lastIncreaseTime(series: string): string {
  const before = `${series} offset 30s`;
  const rose = `(${series} > ${before} or (${series} unless ${before}) and on ($identity) (up offset 30s == 1))`;
  return `max_over_time((timestamp(${series}) and ${rose})[$window:30s])`;
}

const onRule = lastIncreaseTime(`${matches}{$filter}`);
const host = `max by ($identity, hostname) (${hostnames}{$filter})`;
const raised = `((${onRule}) * on ($identity) group_left (hostname) ${host})`;
const heard = combineNames([events, olderEvents], (name) => lastIncreaseTime(`${name}{source!="internal"}`));
const renamed = `label_replace(${heard}, "rule_name", "$1", "rule", "(.+)")`;
const arrived = `max by (cluster, hostname, rule_name) (${renamed})`;
const same = 'on (cluster, hostname, rule_name) group_right ()';
// An arrival up to a minute before the match is the same alert: the scrape of Falcosidekick ran
// before that
// of Falco. An older arrival belongs to the previous match, so this one is still on its way.
const delay = `clamp_min(${arrived} - ${same} ${raised} >= -60, 0) or time() - ${raised}`;
const known = `(${combineNames([events, olderEvents], (name) => `${name}{source!="internal"}`)})`;

const started = 'falcosecurity_falco_start_timestamp_nanoseconds';
/** When a canary last arrived. Before the start of Falco or of the receiver, none could. */
const lastSign = `clamp_min(max by ($identity, $groupBy) (${canaryArrival}{} or ${started}{$filter} / 1e9), scalar(max(${receiverStart}{})))`;
/** Only a Falco with this source can detect what the job does. */
const syscallSource = 'falcosecurity_scap_engine_name_info{engine_name!="source_plugin",$filter}';
const noCanary =
  'No canary of this node has arrived since the alert receiver started, or the settings name none (receiver.canary.rule)';

const silentCanary: Advice = {
  when: 'The rule matches (canary-elapsed-time), but its alert does not arrive.',
  change:
    'Follow the alert: outputs-queue-drops, loss-before-sidekick-ratio, destination-error-ratio, and what the health check says about refused requests.',
  cost: 'None.',
};

export const canary: Signal[] = [
  {
    id: 'canary-elapsed-time',
    title: 'Time since last match',
    dimension: 'delivery',
    unit: 'dtdhms',
    min: 0,
    summary: 'Time since a rule last matched: the age of a canary if filtered by its rule name',
    description:
      'A canary is a rule that a job on each node triggers every few minutes. Filter by rule_name to see how long ago it last matched, and thus whether Falco still detects anything there. Without a filter the signal shows the last match of every rule. The window is the lookback, so choose one well above the period of the canary; a rule that did not match within it has no value. The resolution is 30 seconds or the scrape interval. Groups show the latest match.',
    expr: `time() - max by ($groupBy) (${onRule}$join)`,
    groupBy: { default: ['$identity', 'rule_name'], allowed: anyGrouping },
    needs: [],
    advice: [
      {
        when: 'The time exceeds the period of the canary.',
        change:
          'Check whether its job runs, whether its rule is loaded on the node (rules-drift), and whether Falco is stalled (stalled).',
        cost: 'None.',
      },
    ],
    link: links.rules,
    noValueReason: `No rule matched within the window, ${orRuleCountersOff}`,
  },
  {
    id: 'canary-delivery-time',
    title: 'Time to Falcosidekick',
    dimension: 'delivery',
    unit: 's',
    min: 0,
    summary: 'Approximate time between the last match of a rule and its arrival at Falcosidekick',
    description:
      "The time at which Falcosidekick's counter for the rule and host last increased, minus the time at which Falco's counter did. Filter by rule_name to follow a canary. Both times have the resolution of the scrapes, so values below 30 seconds or two scrape intervals mean no delay, and a canary should pause for minutes between two matches. A match that has not arrived yet shows the time since it occurred. Delivery to the destinations cannot be measured, because Falcosidekick does not count it per rule. The target of Falcosidekick needs the same cluster label as Falco, or neither has one. Groups show the maximum.",
    expr: `max by ($groupBy) (((${delay}) and on (cluster, hostname) ${known})$join)`,
    groupBy: { default: ['$identity', 'rule_name'], allowed: anyGrouping },
    needs: [exportedAlways(hostnames), sidekickCounter(events, olderEvents)],
    advice: [
      {
        when: 'The delay is minutes.',
        change:
          'Look for what delays alerts: an output of Falco that blocks (output_timeout), or a Falcosidekick that lacks CPU.',
        cost: 'None.',
      },
    ],
    link: links.sidekick,
    noValueReason:
      'No rule matched within the window, or no Falcosidekick among the targets of the same cluster has received an event from this Falco',
  },
  {
    id: 'canary-last-arrival',
    title: 'Time since last canary',
    dimension: 'delivery',
    targetKind: 'falco',
    unit: 'dtdhms',
    min: 0,
    summary: 'Time since the last alert of the canary arrived at the alert receiver',
    description:
      'The settings name the rule of the canary (receiver.canary.rule). It arrived if its job ran, Falco detected it, and every output on the way delivered it. Groups show the latest arrival.',
    expr: `time() - max by ($groupBy) (${canaryArrival}{$filter}$join)`,
    groupBy: { default: ['$identity'], allowed: ['path', ...anyGrouping] },
    needs: [receiverMetric(canaryArrival)],
    advice: [silentCanary],
    link: links.rules,
    noValueReason: noCanary,
  },
  {
    id: 'canary-round-trip-time',
    title: 'Canary round-trip time',
    dimension: 'delivery',
    targetKind: 'falco',
    unit: 's',
    min: 0,
    summary: 'Time that the last alert of the canary took from its event to the alert receiver',
    description:
      "From the event that triggered the canary, by the node's clock, to the arrival of its alert, by Grafana's clock. A clock that is ahead makes it too short, down to 0; see clock-ahead. Groups show the maximum.",
    expr: `max by ($groupBy) (${canaryDelivery}{$filter}$join)`,
    groupBy: { default: ['$identity'], allowed: ['path', ...anyGrouping] },
    needs: [receiverMetric(canaryDelivery)],
    advice: [
      {
        when: 'The time is minutes.',
        change:
          'Look for what delays alerts: an output of Falco that blocks (output_timeout), or a Falcosidekick that lacks CPU.',
        cost: 'None.',
      },
    ],
    link: links.outputs,
    noValueReason: noCanary,
  },
  {
    id: 'missed-canaries',
    title: 'Missed canaries',
    dimension: 'delivery',
    targetKind: 'falco',
    unit: 'short',
    decimals: 0,
    min: 0,
    summary: 'Canaries in a row that are overdue',
    description:
      'Whole periods of the canary (receiver.canary.period) since its last alert arrived or, without one, since Falco and the alert receiver started. The time between two canaries varies a little, so 1 is no failure. There is a value for every Falco that is up and has the syscall source, also if none of its canaries ever arrived. Groups show the maximum.',
    expr: `max by ($groupBy) ((floor((time() - (${lastSign} and on ($identity) ${syscallSource})) / scalar(max(${canaryPeriod}{}))) >= 0)$join)`,
    groupBy: { default: ['$identity'], allowed: anyGrouping },
    needs: [exportedAlways(started), receiverMetric(canaryPeriod)],
    thresholds: {
      direction: 'above',
      warning: 2,
      critical: 3,
      because: 'One canary may be late. The thresholds are ours.',
      source: links.rules,
    },
    advice: [silentCanary],
    link: links.rules,
    noValueReason: 'The settings name no canary (receiver.canary.rule), or this Falco has no syscall source',
  },
];
