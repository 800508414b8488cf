import { type AlertRule, bound, keepLast, nothingIsFine } from './rule';

const tooMuch = bound('kernel-drop-ratio', 'warning');

/**
 * Share of the evaluations in the last half hour, one every 15 seconds, that found more than 5 %
 * drops within a minute.
 */
const lossyShare = (ratio: string) => `avg_over_time(((${ratio}) > bool 0.05)[30m:15s])`;

export const dataQuality: AlertRule[] = [
  {
    uid: 'falco-kernel-drops-warning',
    title: 'Falco drops kernel events',
    signal: 'kernel-drop-ratio',
    window: '5m',
    fires: { type: 'gt', bound: tooMuch },
    when: 'more than 2 % of the kernel events of 5 minutes are dropped',
    for: '10m',
    severity: 'warning',
    ...keepLast,
    look: { dashboard: 'Falco overview', panel: 'Kernel drops' },
    summary: ({ node, value }) => `Falco on ${node} drops ${value('humanizePercentage')} of the kernel events`,
    description: () =>
      'For ten minutes, more than 2 % of the kernel events have not reached Falco. No rule evaluates them.',
  },
  {
    uid: 'falco-kernel-drops-critical',
    title: 'Falco drops many kernel events',
    signal: 'kernel-drop-ratio',
    window: '2m',
    fires: { type: 'gt', bound: bound('kernel-drop-ratio', 'critical') },
    when: 'more than 10 % of the kernel events of 2 minutes are dropped',
    for: '1m',
    severity: 'critical',
    ...keepLast,
    look: { dashboard: 'Falco overview', panel: 'Kernel drops' },
    summary: ({ node, value }) => `Falco on ${node} drops ${value('humanizePercentage')} of the kernel events`,
    description: () =>
      'More than 10 % of the kernel events do not reach Falco. It is likely to miss an attack on this node.',
  },
  {
    uid: 'falco-drop-bursts',
    title: 'Falco drops kernel events in bursts',
    signal: 'kernel-drop-ratio',
    expr: ({ figure }) => {
      const share = lossyShare(figure('kernel-drop-ratio', '1m'));
      return `${share} < 0.5 or 0 * ${share}`;
    },
    fires: { type: 'gt', bound: 0.05 },
    when: 'more than 5 % are dropped in some minutes of the last 30, but in less than half of them',
    for: '0s',
    severity: 'warning',
    ...keepLast,
    look: { dashboard: 'Falco data quality', panel: 'Minutes with drops' },
    summary: ({ node, value }) =>
      `Falco on ${node} dropped events in bursts during ${value('humanizePercentage')} of the last half hour`,
    description: () =>
      'In some minutes of the last half hour more than 5 % of the kernel events did not reach Falco, in most minutes hardly any. Larger buffers absorb bursts, but not a sustained load.',
  },
  {
    uid: 'falco-lost-process-events',
    title: 'Falco loses process events',
    signal: 'lost-process-events',
    window: '5m',
    expr: ({ node, figure }) => {
      const loss = figure('lost-process-events', '5m');
      return `(${loss}) unless on (${node}) (${figure('kernel-drop-ratio', '5m')}) > ${tooMuch} or 0 * (${loss})`;
    },
    // Busy healthy nodes lose a few.
    fires: { type: 'gt', bound: 5 },
    when: 'more than 5 process start or exit events are lost within 5 minutes; silent if more than 2 % of all events are dropped',
    for: '5m',
    severity: 'warning',
    ...keepLast,
    look: { dashboard: 'Falco data quality', panel: 'Lost process events within 5 minutes' },
    summary: ({ node, value }) => `Falco on ${node} lost about ${value('printf "%.0f"')} process start or exit events`,
    description: () =>
      'Within five minutes, clone, fork, exec or exit events did not reach Falco. Rules evaluate the activity of those processes without their names, parents and containers, which is worse than missing a file or connection.',
  },
  {
    uid: 'falco-stalled',
    title: 'Falco is stalled',
    signal: 'stalled',
    window: '2m',
    fires: { type: 'gt', bound: 0 },
    when: 'at least 95 % of the events are dropped, no thread is looked up, or no syscall becomes an event',
    for: '2m',
    severity: 'critical',
    ...keepLast,
    look: { dashboard: 'Falco data quality', panel: 'Stalled' },
    summary: ({ node }) => `Falco on ${node} responds, but hardly any event reaches its rules`,
    description: () =>
      'Its web server works, but its event loop does not or the driver delivers no events. Falco detects nothing on this node.',
  },
  {
    uid: 'falco-container-data-loss',
    title: 'Falco has no container data',
    signal: 'container-data-loss',
    fires: { type: 'gt', bound: 0 },
    when: 'no containers are tracked, although other nodes of the cluster track some or this node did within a day',
    for: '10m',
    severity: 'critical',
    ...nothingIsFine,
    look: { dashboard: 'Falco security capability', panel: 'Tracked containers' },
    summary: ({ node }) => `Falco on ${node} tracks no containers`,
    description: () =>
      'Rules on containers do not match, and alerts lack the names of containers and pods, while everything else looks healthy.',
  },
  {
    uid: 'falco-thread-table-filling',
    title: 'Falco thread table is filling up',
    signal: 'thread-table-usage-ratio',
    fires: { type: 'gt', bound: bound('thread-table-usage-ratio', 'warning') },
    when: 'the thread table is more than 80 % full',
    for: '10m',
    severity: 'warning',
    ...keepLast,
    look: { dashboard: 'Falco data quality', panel: 'Thread table usage' },
    summary: ({ node, value }) => `The thread table of Falco on ${node} is ${value('humanizePercentage')} full`,
    description: () =>
      'When the table is full, Falco does not track new processes and evaluates their events without names and parents.',
  },
  {
    uid: 'falco-thread-table-full',
    title: 'Falco thread table is full',
    signal: 'thread-table-drops',
    window: '15m',
    fires: { type: 'gt', bound: 0 },
    when: 'the thread table had no space for new threads within 15 minutes',
    for: '0s',
    severity: 'critical',
    ...keepLast,
    look: { dashboard: 'Falco data quality', panel: 'Thread table usage' },
    summary: ({ node, value }) =>
      `The thread table of Falco on ${node} had no space for ${value('printf "%.0f"')} threads`,
    description: () =>
      'Within 15 minutes, Falco could not track new threads because the table was full. It evaluates their events without names, parents and containers.',
  },
];
