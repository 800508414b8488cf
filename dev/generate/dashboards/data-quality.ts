import { type Dashboard } from '@grafana/grafana-foundation-sdk/dashboard';
import { page } from './page';
import { coarse, seriesPanel, stackedPanel, statesPanel, checksPanel, tablePanel, worstPanel } from './panels';
import { checksOf, columns, signals, tableOf, worst } from './queries';

export const uid = 'falco-data-quality';

const tableColumns = [
  'kernel-drop-ratio',
  'kernel-drop-since-start-ratio',
  'minutes-with-drops-ratio',
  'lost-process-events',
  'cpu-drop-imbalance',
  'kernel-event-rate-per-cpu',
  'server-load',
  'captured-syscall-ratio',
  'stalled',
  'thread-table-usage-ratio',
  'thread-lookup-failure-ratio',
  'fd-lookup-failure-ratio',
];

export function dataQuality(): Dashboard {
  return page({
    uid,
    title: 'Falco data quality',
    description: 'How much does Falco miss, why, and how loaded are the servers?',
    groups: [
      {
        id: 1,
        help: 'What is lost before a rule sees it, in **three places**: on the way from the kernel (drops), in Falco that no longer reads (stalled), and in Falco’s tables, without which events are judged half blind. Start with the checks, then look at the worst node below.',
        panels: [
          checksPanel(
            {
              id: 3,
              title: 'Checks',
              description:
                'Each check of data quality over all chosen nodes, the worst first. Unknown: the figure cannot be told on that many nodes; the dashboard of the node says why.',
              w: 24,
              h: 7,
            },
            tableOf('health', { signals: checksOf('data-quality'), groupBy: ['check'] })
          ),
          tablePanel(
            {
              id: 4,
              title: 'Nodes',
              description:
                'Every node over the last ten minutes, the largest drops first. Minutes with drops tells bursts (near 0 %) from sustained overload (near 100 %); skew tells how many times the average the worst CPU drops. An empty cell cannot be known there: the sign at the title says why.',
              w: 24,
              h: 10,
            },
            columns(tableColumns, { window: '10m', groupBy: ['$identity'] }),
            'Kernel drops'
          ),
        ],
      },
      {
        id: 10,
        title: 'Lost on the way from the kernel',
        help: '**Bursts** ask for larger buffers (engine.modern_ebpf.buf_size_preset, cpus_for_each_buffer), **sustained** drops for fewer events (base_syscalls, drop_failed_exit, rules, plugins). No buffer is large enough for a load that lasts.',
        panels: [
          worstPanel(
            {
              id: 12,
              title: 'Kernel drops',
              description:
                'Share of the events that never reached Falco, on the ten nodes that lost most in this range. Dashed: 2 % (warning) and 10 % (critical, where Falco raises an alert itself).',
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
                title: 'Drops by cause',
                description:
                  'Events lost per second over all chosen nodes, by the class of system call that met a full buffer, or by scratch_map (event too large), page_faults (memory not readable), bug. clone_fork, execve and proc weigh most.',
                w: 12,
                h: 8,
              },
              [signals(['kernel-drop-rate'], { groupBy: ['cause'], legendFormat: '{{cause}}' })]
            ),
            'kernel-drop-rate'
          ),
          worstPanel(
            {
              id: 14,
              title: 'Process events lost',
              description:
                'Starts and ends of processes lost within the window of each point, on the five worst nodes. Worse than a lost open: Falco does not know such a process, its parents or its container.',
              w: 8,
              h: 8,
            },
            'lost-process-events'
          ),
          worstPanel(
            {
              id: 15,
              title: 'Worst CPUs',
              description:
                'Drops of single CPUs, the five worst of all nodes. One CPU far above its neighbours: a busy CPU fills the buffer it shares; lower cpus_for_each_buffer. Needs metrics.kernel_event_counters_per_cpu_enabled.',
              w: 8,
              h: 8,
            },
            'cpu-drop-ratio',
            true,
            { groupBy: ['$identity', 'cpu'], legendFormat: '{{node}} CPU {{cpu}}' }
          ),
          worstPanel(
            {
              id: 16,
              title: 'Minutes with drops',
              description:
                'Share of the minutes of the whole range in which something was lost, on the five worst nodes. Near 0 % it came in bursts, near 100 % it is sustained.',
              w: 8,
              h: 8,
            },
            'minutes-with-drops-ratio'
          ),
        ],
      },
      {
        id: 20,
        title: 'The load behind it',
        help: 'Compare the **shape** of these lines with that of the drops. Drops that follow the load: the workload did it. Drops without more load: Falco became slower.',
        panels: [
          worstPanel(
            {
              id: 22,
              title: 'Kernel events per CPU',
              description:
                'Events per second and CPU that Falco takes, on the five busiest nodes. Dashed: 1500 (no trouble below, in the project’s experience) and 3000 (hard to keep up). Falco 0.42 about halved the events: do not compare across it.',
              w: 8,
              h: 8,
            },
            'kernel-event-rate-per-cpu',
            true
          ),
          worstPanel(
            {
              id: 23,
              title: 'Server load',
              description:
                'System calls per second and CPU that the node makes, whatever Falco takes of them, on the five busiest nodes. Needs statistics of BPF programs.',
              w: 8,
              h: 8,
            },
            'server-load'
          ),
          worstPanel(
            {
              id: 24,
              title: 'Share of calls taken',
              description:
                'Kernel events as a share of all system calls, on the five nodes where it is highest. It rises when rules or plugins ask for more system calls; base_syscalls brings it down.',
              w: 8,
              h: 8,
            },
            'captured-syscall-ratio'
          ),
        ],
      },
      {
        id: 30,
        title: 'Inside Falco',
        help: 'What reached Falco still has to be understood. A **stalled** Falco answers and reads nothing; a **full thread table** leaves processes without a name. Failed look-ups of files are ordinary: only a change of them tells something.',
        panels: [
          statesPanel(
            {
              id: 32,
              title: 'Stalled',
              description:
                'The ten nodes that were stalled longest in this range. Red: Falco answered, and hardly any event reached its rules. A gap: it was down, or no event happened.',
              w: 12,
              h: 8,
            },
            worst('stalled', 10)
          ),
          worstPanel(
            {
              id: 33,
              title: 'Thread table',
              description:
                'Threads that Falco keeps as a share of its table, on the ten fullest nodes. Near 100 % new processes are no longer known. The size of the table is a setting of the target here, as Falco does not tell it.',
              w: 12,
              h: 8,
            },
            'thread-table-usage-ratio',
            true
          ),
          worstPanel(
            {
              id: 34,
              title: 'Thread look-ups failed',
              description:
                'Share of look-ups of a thread that the table could not answer, on the five worst nodes. It rises with lost process events and with a full table.',
              w: 8,
              h: 7,
            },
            'thread-lookup-failure-ratio'
          ),
          worstPanel(
            {
              id: 35,
              title: 'Entries not found',
              description:
                'Share of exits of system calls whose stored entry was missing, on the five worst nodes. It rises when enter events are dropped.',
              w: 8,
              h: 7,
            },
            'retrieve-failure-ratio'
          ),
          seriesPanel(
            {
              id: 36,
              title: 'Look-ups from cache',
              description:
                'Share of look-ups that the cache answered, over all chosen nodes, for threads and files. Nothing to act on by itself: a fall says that Falco works harder for each event.',
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
