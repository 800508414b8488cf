import { type Dashboard } from '@grafana/grafana-foundation-sdk/dashboard';
import { page } from './page';
import { barsPanel, checksPanel, tablePanel, worstPanel } from './panels';
import { checksOf, columns, signals, tableOf } from './queries';

export const uid = 'falco-resources';

const tableColumns = [
  'cpu-usage-avg-ratio',
  'cpu-usage-since-start-ratio',
  'cpu-limit-ratio',
  'node-cpu-since-start-ratio',
  'probe-cpu-ratio',
  'memory-rss',
  'container-memory',
  'memory-limit-ratio',
  'memory-limit-remaining-time',
  'ring-buffer-memory',
  'host-cpu-usage-ratio',
  'host-memory-used',
];

export function resources(): Dashboard {
  return page({
    uid,
    title: 'Falco resources and impact',
    description: 'What does Falco cost, and does it disturb the host?',
    groups: [
      {
        id: 1,
        help: 'Falco costs **CPU in its process** (one CPU at most, since events go through one thread), **CPU in the kernel** (charged to the applications that make system calls) and **memory** (process, ring buffers, outputs queue).',
        panels: [
          checksPanel(
            {
              id: 3,
              title: 'Checks',
              description:
                'Each check of resources over all chosen nodes, the worst first. Checks against a limit only exist where the target’s settings give one (cpuLimit, memoryLimit).',
              w: 24,
              h: 6,
            },
            tableOf('health', { signals: checksOf('resources'), groupBy: ['check'] })
          ),
          tablePanel(
            {
              id: 4,
              title: 'Nodes',
              description:
                'Every node at the end of the range, the highest CPU first. CPU lately is that of the last 15 minutes to 12 hours, the longer the older the process is, and needs a history of that length; the host’s CPU is an average since it was booted. An empty cell cannot be known there: the sign at the title says why.',
              w: 24,
              h: 10,
            },
            columns(tableColumns, { window: '15m' }),
            'CPU since start'
          ),
        ],
      },
      {
        id: 10,
        title: 'CPU',
        help: '**Near 100 %** of one CPU Falco cannot go faster, and drops follow, however many CPUs the node has. The probes’ share is what the **applications** pay. Per event the load is taken out: it shows what a change of rules or version made dearer.',
        panels: [
          worstPanel(
            {
              id: 12,
              title: 'CPU of Falco since start',
              description:
                'Falco’s own average since it started, on the ten highest nodes; 100 % is one full CPU. It moves slowly: after days an hour of overload hardly shows.',
              w: 12,
              h: 8,
            },
            'cpu-usage-since-start-ratio',
            true
          ),
          worstPanel(
            {
              id: 13,
              title: 'CPU in Falco’s probes',
              description:
                'Share of all CPU time of the node that goes into Falco’s programs in the kernel, on the ten highest nodes. Needs statistics of BPF programs; nodes with the kernel module have none.',
              w: 12,
              h: 8,
            },
            'probe-cpu-ratio'
          ),
          barsPanel(
            {
              id: 15,
              title: 'CPU cost in all',
              description:
                'CPUs that all chosen Falcos keep busy at the end of the range: in the kernel, and in userspace over 15 minutes where that can be known (young processes), elsewhere on average since their start. Nodes without statistics of BPF programs have no part in the kernel.',
              w: 8,
              h: 8,
            },
            signals(['total-cpu-cost'], { groupBy: ['part'], window: '15m', instant: true, legendFormat: '{{part}}' })
          ),
          barsPanel(
            {
              id: 16,
              title: 'CPU per event, by version',
              description:
                'CPU time for each kernel event, the mean of the nodes of each version, by part. Rules, plugins and versions move it; the load does not. Not to be compared across Falco 0.42, which halved the events.',
              w: 8,
              h: 8,
            },
            signals(['cpu-time-per-event'], {
              groupBy: ['version', 'part'],
              window: '15m',
              instant: true,
              legendFormat: '{{version}} {{part}}',
            })
          ),
          barsPanel(
            {
              id: 17,
              title: 'Time per run by tracepoint',
              description:
                'What one run of each of Falco’s programs takes, on average over the chosen nodes. About 200 ns at the exit of a system call and 2000 ns at the end of a process were published for one machine.',
              w: 8,
              h: 8,
            },
            signals(['probe-run-time'], { groupBy: ['tracepoint'], legendFormat: '{{tracepoint}}', instant: true })
          ),
        ],
      },
      {
        id: 20,
        title: 'Memory',
        help: 'A line that **only rises** meets its limit one day; the table above tells when. Ring buffers are set aside for good: a larger preset costs memory on every node. An unbounded outputs queue grows when an output is slow.',
        panels: [
          worstPanel(
            {
              id: 22,
              title: 'Memory of Falco (RSS)',
              description: 'Resident memory of the five largest Falcos, touched pages of the ring buffers included.',
              w: 8,
              h: 8,
            },
            'memory-rss'
          ),
          worstPanel(
            {
              id: 23,
              title: 'Memory of the container',
              description:
                'What the container is charged with, on the five largest; the figure that its limit is held against. Falco only knows it when FALCO_CGROUP_MEM_PATH names the right file (cgroup v2: memory.current), which a privileged container does not have: else it is unknown, and the table above says where.',
              w: 8,
              h: 8,
            },
            'container-memory'
          ),
          worstPanel(
            {
              id: 24,
              title: 'Time to the memory limit',
              description:
                'If memory goes on growing as in the last hour; the five nodes with the least time. Only where memoryLimit is set for the target, and only for those that grow.',
              w: 8,
              h: 8,
            },
            'memory-limit-remaining-time'
          ).noValue('No node grows towards a limit that is set for its target (memoryLimit).'),
        ],
      },
      {
        id: 30,
        title: 'The host',
        help: 'For comparison only: the host’s own figures as Falco sees them. **Its CPU and memory are no fault of Falco’s**, and nothing here is alerted on.',
        panels: [
          worstPanel(
            {
              id: 32,
              title: 'Host memory',
              description: 'Memory in use without buffers and cache, on the five hosts that use most.',
              w: 8,
              h: 7,
            },
            'host-memory-used'
          ),
          worstPanel(
            {
              id: 33,
              title: 'Host open files',
              description: 'File handles that the kernel has allocated, on the five hosts with most.',
              w: 8,
              h: 7,
            },
            'host-open-fds'
          ),
          worstPanel(
            {
              id: 34,
              title: 'Host runnable processes',
              description:
                'Threads that run or wait for a CPU at the moment of each scrape, on the five hosts with most. Many more than CPUs: the host is overloaded, and Falco has to wait as well.',
              w: 8,
              h: 7,
            },
            'host-procs-running'
          ),
        ],
      },
    ],
  }).build();
}
