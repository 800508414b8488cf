import { type Group } from './page';
import { barsPanel, tablePanel, seriesPanel, without } from './panels';
import { signals, tableOf } from './queries';

const over = (ids: string[], query: Record<string, unknown> = {}) =>
  signals(ids, { legendFormat: '{{signal}}', ...query });
const sizes = { w: 8, h: 8 };
/** Has room for legends of four lines. */
const tall = { w: 8, h: 9 };

/** The lower half of the dashboard of one node. */
export const inside: Group = {
  id: 30,
  title: 'Falco internals and cost',
  help: 'A **nearly full table** and thread lookup failures leave events without process and container. Near 100 % of one CPU, Falco cannot process events faster.',
  panels: [
    seriesPanel(
      {
        id: 32,
        title: 'Thread table and lookups',
        description:
          'Usage of the thread table, and the shares of failed lookups of threads and file descriptors. File descriptor lookup failures are normal; only a change matters.',
        ...tall,
      },
      [
        over([
          'thread-table-usage-ratio',
          'thread-lookup-failure-ratio',
          'fd-lookup-failure-ratio',
          'retrieve-failure-ratio',
        ]),
      ]
    ),
    seriesPanel(
      {
        id: 33,
        title: 'CPU',
        description:
          'CPU usage of Falco since its start and, for young processes, over the last hour; 100 % is one full CPU. CPU usage of probes is a share of the whole node.',
        ...tall,
      },
      [over(['cpu-usage-since-start-ratio', 'cpu-usage-ratio', 'probe-cpu-ratio'], { window: '1h' })]
    ),
    seriesPanel(
      {
        id: 34,
        title: 'Memory',
        description:
          'Resident and proportional memory, container memory if known, and the size of the ring buffers with Falco’s defaults. A line that only rises will reach the limit.',
        ...tall,
      },
      [over(['memory-rss', 'memory-pss', 'container-memory', 'ring-buffer-memory'])]
    ),
    seriesPanel(
      {
        id: 35,
        title: 'Probe run time',
        description:
          'Nanoseconds per run of each of Falco’s BPF programs. An increase without more load indicates contention or more expensive work in the kernel.',
        ...tall,
      },
      [signals(['probe-run-time'], { groupBy: ['tracepoint'], legendFormat: '{{tracepoint}}' })]
    ),
    seriesPanel(
      {
        id: 36,
        title: 'Alerts',
        description: 'Alerts per hour raised by the rules on this node.',
        ...tall,
      },
      [over(['rule-match-rate'])]
    ),
    seriesPanel(
      {
        id: 37,
        title: 'Lost before Falcosidekick',
        description:
          'Estimated share of this node’s alerts that Falcosidekick did not receive, over ten minutes. It includes alerts dropped by Falco’s outputs queue.',
        ...tall,
      },
      [over(['loss-before-sidekick-ratio'], { window: '10m' })],
      'loss-before-sidekick-ratio'
    ),
    seriesPanel(
      {
        id: 39,
        title: 'Events',
        description:
          'Events per second that the driver handled, and those that were not dropped, which is an upper bound of what the rules evaluate. The gap between the lines is lost.',
        ...sizes,
      },
      [over(['kernel-event-rate', 'delivered-event-rate'])]
    ),
    seriesPanel(
      {
        id: 40,
        title: 'Other losses',
        description:
          'Losses that no drop counter includes: syscall entry events that could not be stored, preemptions of the kernel module, and kernel entries that iterators (Falco 0.44) could not read. 0 is normal.',
        ...sizes,
      },
      [over(['store-drop-rate', 'preemption-rate', 'iterator-drop-rate'], { groupBy: ['$identity'] })]
    ),
    seriesPanel(
      {
        id: 41,
        title: 'Address space',
        description:
          'Virtual memory, which contains the ring buffers twice and is not memory in use, and jemalloc’s statistics, if Falco is built with it and metrics.jemalloc_stats_enabled is true.',
        ...sizes,
      },
      [
        over(['memory-vsz'], { refId: 'A' }),
        signals(['jemalloc-memory'], { refId: 'B', groupBy: ['stat'], legendFormat: '{{stat}}' }),
      ]
    ),
    barsPanel(
      {
        id: 42,
        title: 'CPU usage by tracepoint',
        description:
          'Share of the node’s CPU time spent in each of Falco’s BPF programs, at the end of the range. It is charged to the applications.',
        ...sizes,
      },
      signals(['tracepoint-cpu-ratio'], { legendFormat: '{{tracepoint}}', limit: 20, instant: true })
    ),
    seriesPanel(
      {
        id: 43,
        title: 'Iterator events',
        description:
          'Processes and files that Falco’s iterators read from the kernel (Falco 0.44 and later with the modern probe). They rise when Falco starts, reloads or looks up something it missed.',
        w: 16,
        h: 8,
      },
      [signals(['iterator-event-rate'], { groupBy: ['item'], legendFormat: '{{item}}' })]
    ),
    seriesPanel(
      {
        id: 44,
        title: 'Last termination',
        description:
          'The reason according to Kubernetes; OOMKilled means out of memory. Requires prometheus mode with kube-state-metrics.',
        w: 24,
        h: 4,
      },
      [signals(['last-termination'], { legendFormat: '{{reason}}' })]
    ),
    without(
      tablePanel(
        {
          id: 38,
          title: 'Rules',
          description: 'Rules that this node exported in the range, noisiest first.',
          w: 24,
          h: 9,
        },
        tableOf('rules')
      ),
      ['Nodes with matches', 'Tags']
    ),
  ],
};
