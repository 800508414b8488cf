import { links } from '../links';
import { exportedAlways, orRuleCountersOff, sidekickCounter } from '../needs';
import { events, hostnames, olderEvents } from '../sidekick';
import { anyGrouping, combineNames } from '../templates';
import { type Signal } from '../types';

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

export const canary: Signal[] = [
  {
    id: 'canary-elapsed-time',
    title: 'Time since last match',
    dimension: 'delivery',
    unit: 's',
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
];
