import { type AlertRule, bound, keepLast, nothingIsFine } from './rule';

export const resources: AlertRule[] = [
  {
    uid: 'falco-memory-limit',
    title: 'Falco is near its memory limit',
    signal: 'memory-limit-ratio',
    fires: { type: 'gt', bound: bound('memory-limit-ratio', 'critical') },
    when: 'memory is above 90 % of `memoryLimit` of the settings',
    for: '5m',
    severity: 'critical',
    ...nothingIsFine,
    look: { dashboard: 'Falco resources and impact', panel: 'Nodes' },
    summary: ({ node, value }) => `Falco on ${node} uses ${value('humanizePercentage')} of its memory limit`,
    description: () => 'At the limit the kernel kills it, and nobody watches the node until it is back.',
  },
  {
    uid: 'falco-memory-growth',
    title: 'Falco will reach its memory limit',
    signal: 'memory-limit-remaining-time',
    fires: { type: 'lt', bound: bound('memory-limit-remaining-time', 'warning') },
    when: 'at the growth of the last hour `memoryLimit` is reached within a day',
    for: '30m',
    severity: 'warning',
    ...nothingIsFine,
    look: { dashboard: 'Falco resources and impact', panel: 'Time to the memory limit' },
    summary: ({ node, value }) =>
      `Falco on ${node} will reach its memory limit in ${value('humanizeDuration')} at its present growth`,
    description: () =>
      'Its memory has grown steadily for the last hour. At the limit the kernel kills it, and nobody watches the node until it is back.',
  },
  {
    uid: 'falco-cpu-ceiling',
    title: 'Falco uses all of the one CPU it can use',
    signal: 'cpu-usage-avg-ratio',
    // Where the history is too short for the age of the process, its average since the start is what is left.
    expr: ({ figure }) => `(${figure('cpu-usage-avg-ratio')}) or (${figure('cpu-usage-since-start-ratio')})`,
    fires: { type: 'gt', bound: bound('cpu-usage-avg-ratio', 'warning') },
    when: 'more than 80 % of one CPU is used, lately where that is known, else since the start',
    for: '15m',
    severity: 'warning',
    ...keepLast,
    look: { dashboard: 'Falco resources and impact', panel: 'CPU of Falco since start' },
    summary: ({ node, value }) => `Falco on ${node} uses ${value('humanizePercentage')} of one CPU`,
    description: () =>
      'Its event loop is a single thread: it cannot go beyond one full CPU, whatever the node has. More load means lost events.',
  },
];
