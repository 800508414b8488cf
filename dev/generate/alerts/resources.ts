import { type AlertRule, bound, keepLast, nothingIsFine } from './rule';

/** Figures that show that applications wait. */
const slowness = [
  'host-cpu-pressure-ratio',
  'host-run-queue-delay-ratio',
  'host-memory-pressure-ratio',
  'host-io-pressure-ratio',
  'host-disk-latency',
];

export const resources: AlertRule[] = [
  {
    uid: 'falco-memory-limit',
    title: 'Falco is close to its memory limit',
    signal: 'memory-limit-ratio',
    fires: { type: 'gt', bound: bound('memory-limit-ratio', 'critical') },
    when: 'memory is above 90 % of `memoryLimit` of the settings',
    for: '5m',
    severity: 'critical',
    ...nothingIsFine,
    look: { dashboard: 'Falco resources and impact', panel: 'Nodes' },
    summary: ({ node, value }) => `Falco on ${node} uses ${value('humanizePercentage')} of its memory limit`,
    description: () => 'At the limit, the kernel kills it, and nothing monitors the node until it is back.',
  },
  {
    uid: 'falco-memory-growth',
    title: 'Falco will reach its memory limit',
    signal: 'memory-limit-remaining-time',
    fires: { type: 'lt', bound: bound('memory-limit-remaining-time', 'warning') },
    when: 'at the growth of the last hour, memory reaches `memoryLimit` within a day',
    for: '30m',
    severity: 'warning',
    ...nothingIsFine,
    look: { dashboard: 'Falco resources and impact', panel: 'Time to memory limit' },
    summary: ({ node, value }) =>
      `Falco on ${node} will reach its memory limit in ${value('humanizeDuration')} at its current growth`,
    description: () =>
      'Its memory has grown steadily for the last hour. At the limit, the kernel kills it, and nothing monitors the node until it is back.',
  },
  {
    uid: 'falco-cpu-ceiling',
    title: 'Falco is close to its CPU capacity',
    signal: 'cpu-capacity-ratio',
    // If the history is too short for the age of the process, the average since its start is used.
    expr: ({ figure }) => `(${figure('cpu-capacity-ratio')}) or (${figure('cpu-usage-since-start-ratio')})`,
    fires: { type: 'gt', bound: bound('cpu-capacity-ratio', 'warning') },
    when: 'more than 80 % of one CPU or of the CPU limit is used, on average over the last 15 minutes to 12 hours or, if unknown, since the start',
    for: '15m',
    severity: 'warning',
    ...keepLast,
    look: { dashboard: 'Falco resources and impact', panel: 'CPU usage since start' },
    summary: ({ node, value }) => `Falco on ${node} uses ${value('humanizePercentage')} of its CPU capacity`,
    description: () =>
      'Its event loop is a single thread and cannot use more than one CPU, or than its CPU limit, whatever the size of the node. More load causes drops.',
  },
  {
    uid: 'falco-change-impact',
    title: 'A change of Falco slowed nodes down',
    signal: 'probe-cpu-ratio',
    report: { signals: slowness, window: '1h', lookback: 4 * 3600 },
    fires: { type: 'gt', bound: 0.02 },
    when: 'after a change of Falco within 4 hours, CPU pressure, run-queue delay or disk latency is at least 2 % higher, or memory or I/O pressure 2 percentage points, than unchanged nodes and load explain, with 95 % confidence',
    for: '0s',
    severity: 'warning',
    ...nothingIsFine,
    look: { dashboard: 'Falco before and after', panel: 'Impact of the latest change' },
    summary: ({ cluster, label, value }) =>
      `${label('event')} slowed nodes of ${cluster} down: ${label('figure')} is at least ${value('humanizePercentage')} higher`,
    description: () =>
      'The impact report compares the hour before the change with the hour after it, on the nodes that changed and on the others of the cluster. The interval of the change has 95 % confidence for all its figures together.',
  },
];
