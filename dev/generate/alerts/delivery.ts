import { type AlertRule, bound, keepLast, nothingIsFine } from './rule';

/** Name of the rule that a job triggers on every node. */
export const canaryRule = 'Falco canary';
const matches = `falcosecurity_falco_rules_matches_total{rule_name="${canaryRule}"}`;

export const delivery: AlertRule[] = [
  {
    uid: 'falco-outputs-queue-drops',
    title: 'Falco drops alerts',
    signal: 'outputs-queue-drops',
    window: '10m',
    // A single lost alert matters. The count is extrapolated to the ends of the window and never
    // below the actual number.
    fires: { type: 'gt', bound: 0 },
    when: 'the outputs queue dropped an alert within 10 minutes',
    for: '0s',
    severity: 'critical',
    ...nothingIsFine,
    look: { dashboard: 'Falco overview', panel: 'Dropped alerts' },
    summary: ({ node }) => `Falco on ${node} drops alerts`,
    description: ({ value }) =>
      `The outputs queue was full: about ${value('printf "%.0f"')} alerts were dropped within ten minutes and reached no output.`,
  },
  {
    uid: 'falco-sidekick-down',
    title: 'Falcosidekick down',
    signal: 'sidekick-up',
    expr: ({ node, sidekicks }) => `min by (${node}) (${sidekicks})`,
    fires: { type: 'lt', bound: bound('sidekick-up', 'critical') },
    when: 'the metrics endpoint of a Falcosidekick does not respond',
    for: '2m',
    severity: 'critical',
    ...nothingIsFine,
    look: { dashboard: 'Falco delivery', panel: 'Falcosidekick up' },
    summary: ({ node }) => `Falcosidekick ${node} does not respond`,
    description: () =>
      'Its metrics endpoint has not responded for two minutes. While it is down, the alerts of all Falco instances that send to it are lost, because Falco does not buffer them.',
  },
  {
    uid: 'falco-sidekick-restarts',
    title: 'Falcosidekick restarts repeatedly',
    signal: 'sidekick-restarts',
    expr: ({ node, sidekicks }) => {
      const starts = (period: string) => `changes(process_start_time_seconds[${period}])`;
      const often = `clamp_max((${starts('1h')} >= bool 3) + (${starts('1d')} >= bool 6), 1)`;
      return `max by (${node}) (${often} and on (${node}) ${sidekicks})`;
    },
    fires: { type: 'gt', bound: 0 },
    when: 'a Falcosidekick started at least three times within an hour or six times within a day',
    for: '0s',
    severity: 'warning',
    ...nothingIsFine,
    look: { dashboard: 'Falco delivery', panel: 'Falcosidekick restarts within 15 minutes' },
    summary: ({ node }) => `Falcosidekick ${node} restarts repeatedly`,
    description: () =>
      'It started at least three times within an hour or six times within a day. Alerts sent during a restart are lost, because Falco does not buffer them, and so are those in its memory.',
  },
  {
    uid: 'falco-sidekick-memory',
    title: 'Falcosidekick is close to its memory limit',
    signal: 'sidekick-memory-limit-ratio',
    expr: ({ node, sidekicks }) =>
      `max by (${node}) (process_resident_memory_bytes / on (${node}) max by (${node}) (falco_target_memory_limit_bytes) and on (${node}) ${sidekicks})`,
    fires: { type: 'gt', bound: bound('sidekick-memory-limit-ratio', 'critical') },
    when: 'the memory of a Falcosidekick is above 90 % of `memoryLimit` of the settings',
    for: '5m',
    severity: 'critical',
    ...nothingIsFine,
    look: { dashboard: 'Falco delivery', panel: 'Falcosidekick memory' },
    summary: ({ node, value }) => `Falcosidekick ${node} uses ${value('humanizePercentage')} of its memory limit`,
    description: () =>
      'At the limit, the kernel kills it. The alerts in its memory and those sent until it is back are lost.',
  },
  {
    uid: 'falco-sidekick-backlog',
    title: 'Falcosidekick falls behind',
    signal: 'sidekick-goroutines',
    expr: ({ node, sidekicks }) => `max by (${node}) (go_goroutines and on (${node}) ${sidekicks})`,
    fires: { type: 'gt', bound: bound('sidekick-goroutines', 'warning') },
    when: 'a Falcosidekick has had more than 1000 goroutines, one for each alert that waits for a destination',
    for: '10m',
    severity: 'warning',
    ...nothingIsFine,
    look: { dashboard: 'Falco delivery', panel: 'Falcosidekick goroutines' },
    summary: ({ node, value }) => `Falcosidekick ${node} has ${value('printf "%.0f"')} goroutines`,
    description: () =>
      'It sends each alert to each destination in a goroutine of its own. So many of them show that a destination responds more slowly than alerts arrive. They take memory, and they are lost if Falcosidekick terminates.',
  },
  {
    uid: 'falco-alerts-lost-before-sidekick',
    title: 'Falco alerts do not reach Falcosidekick',
    signal: 'loss-before-sidekick-ratio',
    window: '30m',
    fires: { type: 'gt', bound: bound('loss-before-sidekick-ratio', 'critical') },
    when: 'Falcosidekick counts less than half of the alerts that a Falco raised in 30 minutes (with at least 20)',
    for: '5m',
    severity: 'critical',
    ...nothingIsFine,
    look: { dashboard: 'Falco delivery', panel: 'Loss by node' },
    summary: ({ node, value }) =>
      `${value('humanizePercentage')} of the alerts of Falco on ${node} do not reach Falcosidekick`,
    description: () =>
      "Its rules raised alerts that Falcosidekick did not count. They were dropped by Falco's outputs queue, lost on the way, or rejected.",
  },
  {
    uid: 'falco-destination-errors',
    title: 'Falcosidekick delivery errors',
    signal: 'destination-error-ratio',
    // A single error has left the window before the rule fires, even if hardly anything is sent.
    window: '10m',
    fires: { type: 'gt', bound: bound('destination-error-ratio', 'critical') },
    when: 'a destination of Falcosidekick rejects more than 10 % of the alerts of 10 minutes',
    for: '15m',
    severity: 'critical',
    ...keepLast,
    look: { dashboard: 'Falco delivery', panel: 'Delivery errors over time' },
    summary: ({ value }) => `{{ $labels.destination }} rejects ${value('humanizePercentage')} of Falco's alerts`,
    description: ({ node }) =>
      `Falcosidekick ${node} counted errors for that share of the alerts of the last ten minutes, and has for a quarter of an hour. Falcosidekick does not retry: the destination did not receive them. Other destinations may have.`,
  },
  {
    uid: 'falco-canary',
    title: 'Falco canary is silent',
    signal: 'canary-elapsed-time',
    expr: ({ node, falcos }) => {
      const known = `count by (cluster) (last_over_time(${matches}[1d]))`;
      const whole = `min by (${node}) (min_over_time(${falcos}[30m])) == 1 and on (${node}) ${falcos} offset 30m == 1`;
      const judged = `(${whole} and on (cluster) ${known})`;
      const sung = `(increase(${matches}[30m]) > 0 or ${matches} unless ${matches} offset 30m)`;
      return `${judged} unless on (${node}) ${sung} or 0 * ${judged}`;
    },
    fires: { type: 'gt', bound: 0 },
    when: `the rule “${canaryRule}” did not match within 30 minutes on a node of a cluster where it did within a day`,
    for: '0s',
    severity: 'critical',
    ...nothingIsFine,
    look: { dashboard: 'Falco delivery', panel: 'Time since last match' },
    summary: ({ node }) => `The Falco canary on ${node} is silent`,
    description: () =>
      `Falco responded all the time, but the rule “${canaryRule}”, which a job triggers every few minutes, has not matched within the last half hour. The job does not run, the rule is not loaded, or Falco detects nothing.`,
  },
];
