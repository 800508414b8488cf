import { type Dashboard } from '@grafana/grafana-foundation-sdk/dashboard';
import { page } from './page';
import { coarse, heatmapPanel, seriesPanel, stackedPanel, statesPanel, tablePanel, worstPanel } from './panels';
import { checksOf, columns, signals, tableOf, worst } from './queries';

export const uid = 'falco-data-quality';

/** Figures with thresholds, and what tells bursts from sustained drops. */
const tableColumns = [
  'kernel-drop-ratio',
  'minutes-with-drops-ratio',
  'lost-process-events',
  'kernel-event-rate-per-cpu',
  'stalled',
  'thread-table-usage-ratio',
];

const moreColumns = [
  'kernel-drop-since-start-ratio',
  'cpu-drop-imbalance',
  'server-load',
  'captured-syscall-ratio',
  'thread-lookup-failure-ratio',
  'fd-lookup-failure-ratio',
];

/** The window of the tables. */
const window = '10m';

export function dataQuality(): Dashboard {
  return page({
    uid,
    title: 'Falco data quality',
    description: 'How many events does Falco miss, why, and how loaded are the servers?',
    step: 'dimension',
    groups: [
      {
        id: 1,
        help: 'Events are lost in **three places**: in the kernel (drops), in a Falco that has stopped reading (stalled), and in Falco’s tables, without which events lack process data. Start with the checks, then the worst node. Tables show the **last ten minutes**; checks name their own time.',
        panels: [
          tablePanel(
            {
              id: 3,
              title: 'Checks',
              description:
                'Each data quality check over all selected nodes, worst first. Unknown checks give the reason.',
              w: 24,
              h: 7,
            },
            tableOf('health', { signals: checksOf('data-quality'), groupBy: ['check'], window })
          ),
          tablePanel(
            {
              id: 4,
              title: 'Nodes',
              description:
                'All nodes over the last ten minutes, largest drops first. Minutes with drops distinguishes bursts (near 0 %) from sustained overload (near 100 %). Unknown: see the panel’s notice for the reason.',
              w: 24,
              h: 11,
            },
            columns(tableColumns, { window, groupBy: ['$identity'] }),
            'Kernel drops'
          ),
        ],
      },
      {
        id: 10,
        title: 'Drops in the kernel',
        help: '**Bursts** require larger buffers (engine.modern_ebpf.buf_size_preset, cpus_for_each_buffer), **sustained** drops require fewer events (base_syscalls, drop_failed_exit, rules, plugins). No buffer is large enough for a sustained overload.',
        panels: [
          worstPanel(
            {
              id: 12,
              title: 'Kernel drops',
              description:
                'Share of the events that never reached Falco, for the ten nodes with the most drops in this range. Dashed: 2 % (warning) and 10 % (critical; Falco raises its own drop alert).',
              w: 12,
              h: 8,
            },
            'kernel-drop-ratio',
            true
          ),
          coarse(
            stackedPanel(
              {
                id: 13,
                title: 'Kernel drops by cause',
                description:
                  'Dropped events per second over all selected nodes, by the syscall class whose buffer was full, or by scratch_map (event too large), page_faults (memory not readable) and bug. clone_fork, execve and proc matter most.',
                w: 12,
                h: 8,
              },
              [signals(['kernel-drop-rate'], { groupBy: ['cause'], legendFormat: '{{cause}}' })]
            ),
            'kernel-drop-rate'
          ),
          // Grafana makes room for the first of the longest labels, and others are wider, hence the space.
          heatmapPanel(
            {
              id: 15,
              title: 'Kernel drops per CPU',
              description:
                'Drops of the 16 worst CPUs of all nodes. The colours end at 10 %. If few CPUs of a node are here, busy CPUs overflow the buffers they share: lower cpus_for_each_buffer. Requires metrics.kernel_event_counters_per_cpu_enabled.',
              w: 12,
              h: 9,
            },
            [
              worst('cpu-drop-ratio', 16, {
                groupBy: ['$identity', 'cpu'],
                legendFormat: '\u00a0{{node}} CPU {{cpu}}',
              }),
            ],
            'cpu-drop-ratio'
          ),
          worstPanel(
            {
              id: 14,
              title: 'Lost process events within 5 minutes',
              description:
                'Process start and exit events dropped within the five minutes before each point, for the ten worst nodes. This is worse than a lost open: Falco does not know the process, its parents or its container.',
              w: 12,
              h: 9,
            },
            'lost-process-events',
            false,
            { window: '5m' }
          ),
        ],
      },
      {
        id: 20,
        title: 'Processing',
        help: 'Falco must also process the events that reach it. A **stalled** Falco responds but processes nothing, and a **full thread table** leaves processes without a name. If drops follow the **events per CPU**, the workload causes them. If drops rise without more events, Falco became slower.',
        panels: [
          worstPanel(
            {
              id: 22,
              title: 'Kernel events per CPU',
              description:
                'Events per second and CPU that Falco monitors, for the five busiest nodes. Dashed: 1500 (no drops expected below) and 3000 (hard to keep up above), according to the Falco documentation. Falco 0.42 roughly halved the events: do not compare across it.',
              w: 8,
              h: 8,
            },
            'kernel-event-rate-per-cpu',
            true
          ),
          worstPanel(
            {
              id: 33,
              title: 'Thread table usage',
              description:
                'Number of threads that Falco tracks as a share of the table size, for the five fullest nodes. Near 100 %, Falco cannot track new processes. The size comes from the settings of the target, because Falco does not export it.',
              w: 8,
              h: 8,
            },
            'thread-table-usage-ratio',
            true
          ),
          statesPanel(
            {
              id: 32,
              title: 'Stalled',
              description:
                'The five nodes that were stalled longest in this range. Red: Falco responded, but hardly any event reached its rules. Gaps: Falco was down, or there were no events.',
              w: 8,
              h: 8,
            },
            worst('stalled', 5)
          ),
        ],
      },
      {
        id: 30,
        title: 'Load and lookups',
        collapsed: true,
        help: 'Figures **without thresholds**: compare their shape with that of the drops, and with the time before a change. File descriptor lookup failures are normal: only a change matters.',
        panels: [
          tablePanel(
            {
              id: 37,
              title: 'More figures by node',
              description:
                'All nodes over the last ten minutes. Drop imbalance shows the drops of the worst CPU relative to the average. Unknown: see the panel’s notice for the reason.',
              w: 24,
              h: 10,
            },
            columns(moreColumns, { window, groupBy: ['$identity'] }),
            'Kernel drops since start'
          ),
          worstPanel(
            {
              id: 16,
              title: 'Minutes with drops',
              description:
                'Share of the minutes in this range with drops, for the five worst nodes. Near 0 %: bursts. Near 100 %: sustained drops.',
              w: 8,
              h: 8,
            },
            'minutes-with-drops-ratio'
          ),
          worstPanel(
            {
              id: 23,
              title: 'Server load',
              description:
                'Syscalls per second and CPU of the node, whether Falco monitors them or not, for the five busiest nodes. Requires BPF statistics.',
              w: 8,
              h: 8,
            },
            'server-load'
          ),
          worstPanel(
            {
              id: 24,
              title: 'Captured syscalls',
              description:
                'Kernel events as a share of all syscalls, for the five nodes with the highest share. It rises if rules or plugins require more syscalls; base_syscalls reduces it.',
              w: 8,
              h: 8,
            },
            'captured-syscall-ratio'
          ),
          worstPanel(
            {
              id: 34,
              title: 'Thread lookup failures',
              description:
                'Share of thread lookups that the table could not answer, for the five worst nodes. It rises with lost process events and with a full table.',
              w: 8,
              h: 7,
            },
            'thread-lookup-failure-ratio'
          ),
          worstPanel(
            {
              id: 35,
              title: 'Retrieve failures',
              description:
                'Share of syscall exits whose stored entry event was missing, for the five worst nodes. It rises when entry events are dropped.',
              w: 8,
              h: 7,
            },
            'retrieve-failure-ratio'
          ),
          seriesPanel(
            {
              id: 36,
              title: 'Cached lookups',
              description:
                'Share of lookups answered by the cache, over all selected nodes, for threads and file descriptors. For information only: if it falls, Falco does more work per event.',
              w: 8,
              h: 7,
            },
            [signals(['cached-lookup-ratio'], { groupBy: ['table'], legendFormat: '{{table}}' })]
          ),
        ],
      },
    ],
  }).build();
}
