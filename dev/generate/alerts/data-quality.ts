import { type AlertRule, bound, keepLast } from './rule';

const tooMuch = bound('kernel-drop-ratio', 'warning');

/** Share of the looks at the last half hour, one every 15 seconds, that found more than 5 % lost within a minute. */
const lossyShare = (ratio: string) => `avg_over_time(((${ratio}) > bool 0.05)[30m:15s])`;

export const dataQuality: AlertRule[] = [
  {
    uid: 'falco-kernel-drops-warning',
    title: 'Falco loses kernel events',
    signal: 'kernel-drop-ratio',
    window: '5m',
    fires: { type: 'gt', bound: tooMuch },
    when: 'more than 2 % of the kernel’s events of 5 minutes are lost',
    for: '10m',
    severity: 'warning',
    ...keepLast,
    look: { dashboard: 'Falco overview', panel: 'Kernel drops' },
    summary: ({ node, value }) => `Falco on ${node} loses ${value('humanizePercentage')} of the kernel's events`,
    description: () =>
      'For ten minutes more than 2 % of the events never reached Falco. What happens in them is not seen by any rule.',
  },
  {
    uid: 'falco-kernel-drops-critical',
    title: 'Falco loses many kernel events',
    signal: 'kernel-drop-ratio',
    window: '2m',
    fires: { type: 'gt', bound: bound('kernel-drop-ratio', 'critical') },
    when: 'more than 10 % of the kernel’s events of 2 minutes are lost',
    for: '1m',
    severity: 'critical',
    ...keepLast,
    look: { dashboard: 'Falco overview', panel: 'Kernel drops' },
    summary: ({ node, value }) => `Falco on ${node} loses ${value('humanizePercentage')} of the kernel's events`,
    description: () =>
      'More than 10 % of the events never reached Falco. An attack on this node has a fair chance not to be seen.',
  },
  {
    uid: 'falco-drop-bursts',
    title: 'Falco loses kernel events in bursts',
    signal: 'kernel-drop-ratio',
    expr: ({ figure }) => {
      const share = lossyShare(figure('kernel-drop-ratio', '1m'));
      return `${share} < 0.5 or 0 * ${share}`;
    },
    fires: { type: 'gt', bound: 0.05 },
    when: 'more than 5 % are lost in some minutes of the last 30, but in less than half of them',
    for: '0s',
    severity: 'warning',
    ...keepLast,
    look: { dashboard: 'Falco data quality', panel: 'Minutes with drops' },
    summary: ({ node, value }) =>
      `Falco on ${node} lost events in bursts, ${value('humanizePercentage')} of the last half hour`,
    description: () =>
      'In some minutes of the last half hour more than 5 % of the events never reached Falco, in most minutes hardly any. Larger buffers help against bursts; they do not against a load that lasts.',
  },
  {
    uid: 'falco-lost-process-events',
    title: 'Falco loses starts of processes',
    signal: 'lost-process-events',
    window: '5m',
    expr: ({ node, figure }) => {
      const loss = figure('lost-process-events', '5m');
      return `(${loss}) unless on (${node}) (${figure('kernel-drop-ratio', '5m')}) > ${tooMuch} or 0 * (${loss})`;
    },
    // One here and there is lost on busy nodes that are held to be well.
    fires: { type: 'gt', bound: 5 },
    when: 'more than 5 starts or ends of processes are lost within 5 minutes; silent where more than 2 % of all is lost',
    for: '5m',
    severity: 'warning',
    ...keepLast,
    look: { dashboard: 'Falco data quality', panel: 'Process events lost' },
    summary: ({ node, value }) => `Falco on ${node} lost about ${value('printf "%.0f"')} starts or ends of processes`,
    description: () =>
      'Within five minutes events of clone, fork, exec or of a process’s end did not reach Falco. Rules judge what those processes do without their names, parents and containers: worse than a file or connection that was not seen.',
  },
  {
    uid: 'falco-stalled',
    title: 'Falco answers but sees nothing',
    signal: 'stalled',
    window: '2m',
    fires: { type: 'gt', bound: 0 },
    when: '95 % are lost, or no thread is looked up, or no system call becomes an event',
    for: '2m',
    severity: 'critical',
    ...keepLast,
    look: { dashboard: 'Falco data quality', panel: 'Stalled' },
    summary: ({ node }) => `Falco on ${node} answers, but hardly any event reaches its rules`,
    description: () =>
      'Its web server is alive, its event loop is not, or the driver hands nothing over. Nothing on this node is detected.',
  },
  {
    uid: 'falco-thread-table-filling',
    title: 'Falco’s thread table fills up',
    signal: 'thread-table-usage-ratio',
    fires: { type: 'gt', bound: bound('thread-table-usage-ratio', 'warning') },
    when: 'the thread table is filled to more than 80 %',
    for: '10m',
    severity: 'warning',
    ...keepLast,
    look: { dashboard: 'Falco data quality', panel: 'Thread table' },
    summary: ({ node, value }) => `The thread table of Falco on ${node} is filled to ${value('humanizePercentage')}`,
    description: () =>
      'When the table is full, new processes are unknown to Falco: their events are judged without names and parents.',
  },
  {
    uid: 'falco-thread-table-full',
    title: 'Falco’s thread table is full',
    signal: 'thread-table-drops',
    window: '15m',
    fires: { type: 'gt', bound: 0 },
    when: 'threads found no place in the table within 15 minutes',
    for: '0s',
    severity: 'critical',
    ...keepLast,
    look: { dashboard: 'Falco data quality', panel: 'Thread table' },
    summary: ({ node, value }) => `Falco on ${node} has no room for new processes: ${value('printf "%.0f"')} left out`,
    description: () =>
      'Within 15 minutes threads were not taken into the table since it was full. Falco judges their events without names, parents and containers.',
  },
];
