import { type AlertRule, bound, keepLast, nothingIsFine } from './rule';

/** The rule that a job sets off on every node, by its name. */
export const canaryRule = 'Falco canary';
const matches = `falcosecurity_falco_rules_matches_total{rule_name="${canaryRule}"}`;

export const delivery: AlertRule[] = [
  {
    uid: 'falco-outputs-queue-drops',
    title: 'Falco loses alerts',
    signal: 'outputs-queue-drops',
    window: '10m',
    // One lost alert is one too many; the count is spread to the ends of the window and never below what was lost.
    fires: { type: 'gt', bound: 0 },
    when: 'an alert was thrown away in the outputs queue within 10 minutes',
    for: '0s',
    severity: 'critical',
    ...nothingIsFine,
    look: { dashboard: 'Falco overview', panel: 'Alerts lost' },
    summary: ({ node }) => `Falco on ${node} has lost alerts`,
    description: ({ value }) =>
      `The outputs queue was full: about ${value('printf "%.0f"')} alerts were thrown away within ten minutes and reached nobody.`,
  },
  {
    uid: 'falco-sidekick-down',
    title: 'Falcosidekick does not answer',
    signal: 'sidekick-up',
    expr: ({ node, sidekicks }) => `min by (${node}) (${sidekicks})`,
    fires: { type: 'lt', bound: bound('sidekick-up', 'critical') },
    when: 'the metrics endpoint of a Falcosidekick does not answer',
    for: '2m',
    severity: 'critical',
    ...nothingIsFine,
    look: { dashboard: 'Falco delivery', panel: 'Falcosidekick up' },
    summary: ({ node }) => `Falcosidekick ${node} does not answer`,
    description: () =>
      'Its metrics endpoint has not answered for two minutes. While it is down the alerts of all Falcos that send to it reach nobody: Falco does not keep them.',
  },
  {
    uid: 'falco-alerts-lost-before-sidekick',
    title: 'Alerts do not reach Falcosidekick',
    signal: 'loss-before-sidekick-ratio',
    window: '30m',
    fires: { type: 'gt', bound: bound('loss-before-sidekick-ratio', 'critical') },
    when: 'Falcosidekick counts less than half of the alerts that a Falco raised in 30 minutes, of 20 or more',
    for: '5m',
    severity: 'critical',
    ...nothingIsFine,
    look: { dashboard: 'Falco delivery', panel: 'Loss by node' },
    summary: ({ node, value }) =>
      `${value('humanizePercentage')} of the alerts of Falco on ${node} do not reach Falcosidekick`,
    description: () =>
      'Its rules raised alerts that Falcosidekick never counted. They were lost in Falco’s queue, on the way, or refused.',
  },
  {
    uid: 'falco-destination-errors',
    title: 'Alerts do not arrive at a destination',
    signal: 'destination-error-ratio',
    // A single refusal has left the window before the rule fires, also where hardly anything is sent.
    window: '10m',
    fires: { type: 'gt', bound: bound('destination-error-ratio', 'critical') },
    when: 'a destination of Falcosidekick refuses more than 10 % of the alerts of 10 minutes',
    for: '15m',
    severity: 'critical',
    ...keepLast,
    look: { dashboard: 'Falco delivery', panel: 'Failed deliveries over time' },
    summary: ({ value }) => `{{ $labels.destination }} refuses ${value('humanizePercentage')} of Falco's alerts`,
    description: ({ node }) =>
      `The Falcosidekick ${node} counted errors for that share of the alerts of the last ten minutes, and has for a quarter of an hour. What was refused has not arrived there; other destinations may have it.`,
  },
  {
    uid: 'falco-canary',
    title: 'Falco’s canary is silent',
    signal: 'canary-elapsed-time',
    expr: ({ node, falcos }) => {
      const known = `count by (cluster) (last_over_time(${matches}[1d]))`;
      const whole = `min by (${node}) (min_over_time(${falcos}[30m])) == 1 and on (${node}) ${falcos} offset 30m == 1`;
      const judged = `(${whole} and on (cluster) ${known})`;
      const sung = `(increase(${matches}[30m]) > 0 or ${matches} unless ${matches} offset 30m)`;
      return `${judged} unless on (${node}) ${sung} or 0 * ${judged}`;
    },
    fires: { type: 'gt', bound: 0 },
    when: `the rule “${canaryRule}” did not match within 30 minutes, on a node of a cluster where it did within a day`,
    for: '0s',
    severity: 'critical',
    ...nothingIsFine,
    look: { dashboard: 'Falco delivery', panel: 'Age of the canary' },
    summary: ({ node }) => `The canary of Falco on ${node} is silent`,
    description: () =>
      `Falco answered all the time, yet the rule “${canaryRule}”, which a job sets off every few minutes, did not match within the last half hour. The job does not run, the rule is not loaded, or Falco detects nothing.`,
  },
];
