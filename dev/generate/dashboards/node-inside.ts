import { type Group } from './page';
import { barsPanel, rulesPanel, seriesPanel, without } from './panels';
import { signals, tableOf } from './queries';

const over = (ids: string[], query: Record<string, unknown> = {}) =>
  signals(ids, { legendFormat: '{{signal}}', ...query });
const sizes = { w: 8, h: 8 };

/** The lower half of the dashboard of one node. */
export const inside: Group = {
  id: 30,
  title: 'Inside Falco, and what it costs',
  help: 'A **table near its size** and failed look-ups of threads leave events without process and container. Near 100 % of one CPU Falco cannot go faster.',
  panels: [
    seriesPanel(
      {
        id: 32,
        title: 'Thread table and look-ups',
        description:
          'How full the table of threads is, and the shares of look-ups of threads and files that failed. Failed look-ups of files are ordinary; only a change tells something.',
        ...sizes,
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
          'Falco’s CPU since its start and, for young processes, over the last hour; 100 % is one full CPU. CPU in probes is a share of the whole node.',
        ...sizes,
      },
      [over(['cpu-usage-since-start-ratio', 'cpu-usage-ratio', 'probe-cpu-ratio'], { window: '1h' })]
    ),
    seriesPanel(
      {
        id: 34,
        title: 'Memory',
        description:
          'Resident and proportional memory, that of the container where it is known, and what ring buffers take as Falco ships them. A line that only rises meets its limit one day.',
        ...sizes,
      },
      [over(['memory-rss', 'memory-pss', 'container-memory', 'ring-buffer-memory'])]
    ),
    seriesPanel(
      {
        id: 35,
        title: 'Time per run',
        description:
          'Nanoseconds that one run of each of Falco’s programs takes. A rise without more load points to contention, or to dearer work in the kernel.',
        ...sizes,
      },
      [signals(['probe-run-time'], { groupBy: ['tracepoint'], legendFormat: '{{tracepoint}}' })]
    ),
    seriesPanel(
      {
        id: 36,
        title: 'Alerts',
        description: 'Alerts per second that the rules raised on this node.',
        ...sizes,
      },
      [over(['rule-match-rate'])]
    ),
    seriesPanel(
      {
        id: 37,
        title: 'Lost before Falcosidekick',
        description:
          'Share of this node’s alerts that Falcosidekick never counted, estimated over ten minutes. Alerts that Falco’s own queue dropped are in it.',
        ...sizes,
      },
      [over(['loss-before-sidekick-ratio'], { window: '10m' })],
      'loss-before-sidekick-ratio'
    ),
    seriesPanel(
      {
        id: 39,
        title: 'Events',
        description:
          'Events per second that the driver handled, and those that were not dropped: at most so many reached the rules. The gap between the lines is what was lost.',
        ...sizes,
      },
      [over(['kernel-event-rate', 'delivered-event-rate'])]
    ),
    seriesPanel(
      {
        id: 40,
        title: 'Lost besides',
        description:
          'Losses that no drop counter holds: entries of system calls that were not kept, preemptions of the kernel module, and entries of the kernel’s tables that iterators (Falco 0.44) could not read. 0 is ordinary.',
        ...sizes,
      },
      [
        over(['store-drop-rate', 'preemption-rate'], { refId: 'A' }),
        signals(['iterator-drop-rate'], { refId: 'B', groupBy: ['item'], legendFormat: 'iterator {{item}}' }),
      ]
    ),
    seriesPanel(
      {
        id: 41,
        title: 'Address space and allocator',
        description:
          'Virtual memory, which ring buffers are mapped into twice and which is no use of memory by itself, and what jemalloc accounts for, where it is built in and metrics.jemalloc_stats_enabled is set.',
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
        title: 'CPU of each probe',
        description:
          'Share of the node’s CPU time that goes into each of Falco’s programs in the kernel, at the end of the range. It is on the account of the applications.',
        ...sizes,
      },
      signals(['tracepoint-cpu-ratio'], { legendFormat: '{{tracepoint}}', instant: true })
    ),
    seriesPanel(
      {
        id: 43,
        title: 'Entries read by iterators',
        description:
          'Entries of the kernel’s tables of processes and files that Falco’s iterators took in (Falco 0.44 and later with the modern probe). They rise when Falco starts, reloads or looks something up that it missed.',
        ...sizes,
      },
      [signals(['iterator-event-rate'], { groupBy: ['item'], legendFormat: '{{item}}' })]
    ),
    seriesPanel(
      {
        id: 44,
        title: 'Why its container last ended',
        description:
          'As Kubernetes tells it: OOMKilled is for its memory. Known over a store that has the figures of kube-state-metrics.',
        ...sizes,
      },
      [signals(['last-termination'], { legendFormat: '{{reason}}' })]
    ),
    without(
      rulesPanel(
        {
          id: 38,
          title: 'Rules',
          description: 'The rules that this node has exported in the range, the noisiest first.',
          w: 24,
          h: 9,
        },
        tableOf('rules')
      ),
      ['Nodes with matches', 'Tags']
    ),
  ],
};
