import { links } from '../links';
import { always, orOff, sidekickCounter } from '../needs';
import { events, hostnames, olderEvents } from '../sidekick';
import { anyGrouping, either } from '../templates';
import { type Signal } from '../types';

const matches = 'falcosecurity_falco_rules_matches_total';

/** The time of the last scrape that found a counter higher than 30 seconds before, or new. */
function lastRise(series: string): string {
  const before = `${series} offset 30s`;
  const rose = `(${series} > ${before} or (${series} unless ${before}) and on ($identity) (up offset 30s == 1))`;
  return `max_over_time((timestamp(${series}) and ${rose})[$window:30s])`;
}

const onRule = lastRise(`${matches}{$filter}`);
const host = `max by ($identity, hostname) (${hostnames}{$filter})`;
const raised = `((${onRule}) * on ($identity) group_left (hostname) ${host})`;
const heard = either([events, olderEvents], (name) => lastRise(`${name}{source!="internal"}`));
const renamed = `label_replace(${heard}, "rule_name", "$1", "rule", "(.+)")`;
const arrived = `max by (cluster, hostname, rule_name) (${renamed})`;
const same = 'on (cluster, hostname, rule_name) group_right ()';
// An arrival up to a minute before the match is the same alert, found by a scrape of Falcosidekick
// that came earlier than Falco's. An older one is that of the match before: this one is on its way.
const delay = `clamp_min(${arrived} - ${same} ${raised} >= -60, 0) or time() - ${raised}`;
const known = `(${either([events, olderEvents], (name) => `${name}{source!="internal"}`)})`;

export const canary: Signal[] = [
  {
    id: 'canary-elapsed-time',
    title: 'Time since last match',
    dimension: 'delivery',
    unit: 's',
    min: 0,
    summary: 'Time since a rule last matched: the age of a canary, when filtered by its rule’s name',
    description:
      'A canary is a rule of yours that a job on each node sets off every few minutes; filter by rule_name to see how long ago it last matched, and thus whether Falco still detects anything there. Without a filter it is the last match of every rule. The window is how far back is looked, so choose one well above the canary’s period; a rule that did not match within it has no figure. No finer than 30 seconds and the scrape interval. A group shows its latest match.',
    expr: `time() - max by ($groupBy) (${onRule}$join)`,
    groupBy: { default: ['$identity', 'rule_name'], allowed: anyGrouping },
    needs: [],
    advice: [
      {
        when: 'The canary’s age exceeds its period.',
        change:
          'See whether its job runs, whether its rule is loaded on the node (rules-drift), and whether Falco is stalled (stalled).',
        cost: 'None.',
      },
    ],
    link: links.rules,
    noValueReason: `Its rules did not match within the window, ${orOff}`,
  },
  {
    id: 'canary-delivery-time',
    title: 'Time to Falcosidekick',
    dimension: 'delivery',
    unit: 's',
    min: 0,
    summary: 'Time between the last match of a rule and its arrival at Falcosidekick, roughly',
    description:
      'The moment at which Falcosidekick’s counter for the rule and host last rose, less the moment at which Falco’s counter did; filter by rule_name to follow a canary. Both moments are only known to the scrape that found them, so that anything below 30 seconds or two scrape intervals is no delay, and a canary should rest for minutes between two matches. A match that has not arrived yet shows the time since it happened, and goes on growing where it never does. The way on to the destinations cannot be timed: Falcosidekick does not count deliveries by rule. Falcosidekick’s target needs the same cluster label as the Falco, or both none. A group shows its longest.',
    expr: `max by ($groupBy) (((${delay}) and on (cluster, hostname) ${known})$join)`,
    groupBy: { default: ['$identity', 'rule_name'], allowed: anyGrouping },
    needs: [always(hostnames), sidekickCounter(events, olderEvents)],
    advice: [
      {
        when: 'It is minutes.',
        change:
          'Look for what holds alerts back: an output of Falco that blocks (output_timeout), or a Falcosidekick short of CPU.',
        cost: 'None.',
      },
    ],
    link: links.sidekick,
    noValueReason:
      'No rule matched within the window, or no Falcosidekick among the targets of the same cluster has had an event of this Falco',
  },
];
