import * as common from '@grafana/grafana-foundation-sdk/common';
import { type Dashboard } from '@grafana/grafana-foundation-sdk/dashboard';
import { page } from './page';
import { barsPanel, tablePanel, worstPanel } from './panels';
import { checksOf, columns, signals, tableOf } from './queries';

export const uid = 'falco-resources';

/** Figures with thresholds, and what Falco costs. */
const tableColumns = [
  'cpu-usage-avg-ratio',
  'cpu-usage-since-start-ratio',
  'cpu-limit-ratio',
  'probe-cpu-ratio',
  'memory-rss',
  'memory-limit-ratio',
  'memory-limit-remaining-time',
];

const moreColumns = [
  'node-cpu-since-start-ratio',
  'container-memory',
  'ring-buffer-memory',
  'host-cpu-usage-ratio',
  'host-memory-used',
];

/** The window of tables and bars. */
const window = '15m';

export function resources(): Dashboard {
  return page({
    uid,
    title: 'Falco resources and impact',
    description: 'What does Falco cost, and does it affect the host?',
    step: 'dimension',
    groups: [
      {
        id: 1,
        help: 'Falco uses **CPU in its process** (at most one CPU: it processes events on one thread), **CPU in the kernel** (charged to applications) and **memory** (process, ring buffers, outputs queue). Tables and bars show the **last 15 minutes**; checks name their own time.',
        panels: [
          tablePanel(
            {
              id: 3,
              title: 'Checks',
              description:
                'Each resources check over all selected nodes, worst first. Checks against a limit exist only if the settings of the target give one (cpuLimit, memoryLimit).',
              w: 24,
              h: 6,
            },
            tableOf('health', { signals: checksOf('resources'), groupBy: ['check'], window })
          ),
          tablePanel(
            {
              id: 4,
              title: 'Nodes',
              description:
                'All nodes at the end of the range, highest CPU first. Average CPU usage covers the last 15 minutes to 12 hours, more for older processes, and requires a history of that length. Unknown: see the panel’s notice for the reason.',
              w: 24,
              h: 11,
            },
            columns(tableColumns, { window }),
            'CPU usage since start'
          ),
        ],
      },
      {
        id: 10,
        title: 'CPU and memory',
        help: '**Near 100 %** of one CPU, Falco cannot process events faster and drops them, however many CPUs the node has. The probes’ share is what the **applications** pay. Memory that **only rises** will reach the limit.',
        panels: [
          worstPanel(
            {
              id: 12,
              title: 'CPU usage since start',
              description:
                'Falco’s own average since its start, for the ten highest nodes; 100 % is one full CPU. It changes slowly: after days, an hour of overload hardly shows.',
              w: 12,
              h: 8,
            },
            'cpu-usage-since-start-ratio',
            true
          ),
          worstPanel(
            {
              id: 13,
              title: 'CPU usage of probes',
              description:
                'Share of the node’s CPU time spent in Falco’s BPF programs, for the ten highest nodes. Requires BPF statistics; nodes with the kernel module have none.',
              w: 12,
              h: 8,
            },
            'probe-cpu-ratio'
          ),
          barsPanel(
            {
              id: 15,
              title: 'Total CPU cost',
              description:
                'Number of CPUs that all selected instances use at the end of the range: in the kernel, and in userspace over 15 minutes if known (young processes), otherwise averaged since the start. Nodes without BPF statistics have no kernel part.',
              w: 8,
              h: 8,
            },
            signals(['total-cpu-cost'], { groupBy: ['part'], window, instant: true, legendFormat: '{{part}}' })
          ).namePlacement(common.BarGaugeNamePlacement.Top),
          worstPanel(
            {
              id: 22,
              title: 'Memory (RSS)',
              description:
                'Resident memory of the five largest instances, including touched pages of the ring buffers.',
              w: 8,
              h: 8,
            },
            'memory-rss'
          ),
          worstPanel(
            {
              id: 24,
              title: 'Time to memory limit',
              description:
                'The time if memory keeps growing as in the last hour, for the five nodes with the least time. Requires memoryLimit for the target and growing memory.',
              w: 8,
              h: 8,
            },
            'memory-limit-remaining-time'
          ).noValue('No memory grows towards a limit set for its target (memoryLimit).'),
        ],
      },
      {
        id: 20,
        title: 'Cost in detail',
        collapsed: true,
        help: 'CPU time per event is **normalised by load**: it shows the effect of a change of rules or version. Ring buffers are allocated permanently: a larger preset costs memory on every node. An unbounded outputs queue grows when an output is slow.',
        panels: [
          tablePanel(
            {
              id: 25,
              title: 'More figures by node',
              description:
                'All nodes at the end of the range. Host CPU is the current value of nodes with node_exporter, and an average since boot of others. Unknown: see the panel’s notice for the reason.',
              w: 24,
              h: 10,
            },
            columns(moreColumns, { window }),
            'Node CPU share since start'
          ),
          barsPanel(
            {
              id: 16,
              title: 'CPU per event by version',
              description:
                'CPU time per kernel event, averaged over the nodes of each version, by part. Rules, plugins and versions change it; the load does not. Do not compare across Falco 0.42, which halved the events.',
              w: 8,
              h: 8,
            },
            signals(['cpu-time-per-event'], {
              groupBy: ['version', 'part'],
              window,
              instant: true,
              legendFormat: '{{version}} {{part}}',
            })
          ).namePlacement(common.BarGaugeNamePlacement.Top),
          barsPanel(
            {
              id: 17,
              title: 'Probe run time by tracepoint',
              description:
                'Time per run of each of Falco’s BPF programs, averaged over the selected nodes. The Falco documentation shows about 200 ns at syscall exits and 2000 ns at process exits for one machine.',
              w: 8,
              h: 8,
            },
            signals(['probe-run-time'], {
              groupBy: ['tracepoint'],
              limit: 20,
              window,
              legendFormat: '{{tracepoint}}',
              instant: true,
            })
          ),
          worstPanel(
            {
              id: 23,
              title: 'Container memory',
              description:
                'Memory charged to the container, for the five largest; compare it with the limit. Falco knows it only if FALCO_CGROUP_MEM_PATH names the right file (cgroup v2: memory.current), which a privileged container does not have. Otherwise it is unknown, and the table above shows where.',
              w: 8,
              h: 8,
            },
            'container-memory'
          ),
        ],
      },
      {
        id: 40,
        title: 'The node',
        collapsed: true,
        help: '**Do applications pay for Falco?** These metrics of the whole node come from node_exporter. Look at them beside **Falco’s CPU cost**: if pressure or latency rose on the nodes that got a new version or new rules, and not on others, Falco slowed them down. Nodes without node_exporter are missing, and the notices say what to install.',
        panels: [
          worstPanel(
            {
              id: 42,
              title: 'CPU pressure',
              description:
                'Share of time in which at least one task waited for a CPU, for the five nodes under most pressure.',
              w: 8,
              h: 8,
            },
            'host-cpu-pressure-ratio'
          ),
          worstPanel(
            {
              id: 43,
              title: 'Run-queue delay',
              description:
                'Time that runnable tasks waited, per CPU and second, for the five nodes with the longest waits. Requires a kernel with scheduler statistics.',
              w: 8,
              h: 8,
            },
            'host-run-queue-delay-ratio'
          ),
          worstPanel(
            {
              id: 44,
              title: 'Falco’s CPU cost',
              description:
                'Number of CPUs that Falco uses in its process and in its programs in the kernel, for the five nodes on which it costs most.',
              w: 8,
              h: 8,
            },
            'total-cpu-cost'
          ),
          worstPanel(
            {
              id: 45,
              title: 'I/O pressure',
              description:
                'Share of time in which at least one task waited for I/O, for the five nodes under most pressure.',
              w: 8,
              h: 8,
            },
            'host-io-pressure-ratio'
          ),
          worstPanel(
            {
              id: 46,
              title: 'Memory pressure',
              description:
                'Share of time in which at least one task waited for memory, for the five nodes under most pressure.',
              w: 8,
              h: 8,
            },
            'host-memory-pressure-ratio'
          ),
          worstPanel(
            {
              id: 47,
              title: 'Host CPU busy',
              description: 'Share of the CPU time within the window that was used, for the five busiest nodes.',
              w: 8,
              h: 8,
            },
            'host-cpu-busy-ratio'
          ),
          worstPanel(
            {
              id: 48,
              title: 'Disk latency',
              description: 'Average time of a read or write, for the five nodes with the slowest disks.',
              w: 8,
              h: 8,
            },
            'host-disk-latency'
          ),
          worstPanel(
            {
              id: 49,
              title: 'Disk utilisation',
              description: 'Share of time in which the busiest disk had I/O in progress, for the five busiest nodes.',
              w: 8,
              h: 8,
            },
            'host-disk-busy-ratio'
          ),
          worstPanel(
            {
              id: 50,
              title: 'Host context switches',
              description: 'Context switches per second and CPU, for the five nodes with most.',
              w: 8,
              h: 8,
            },
            'host-context-switch-rate'
          ),
          worstPanel(
            {
              id: 51,
              title: 'Host network throughput',
              description: 'Bytes per second received and transmitted together, for the five nodes with most traffic.',
              w: 8,
              h: 8,
            },
            'host-network-rate'
          ),
          worstPanel(
            {
              id: 52,
              title: 'TCP retransmissions',
              description:
                'Segments sent again as a share of all segments sent in the host’s network namespace, for the five nodes with the largest share.',
              w: 8,
              h: 8,
            },
            'host-tcp-retransmission-ratio'
          ),
          worstPanel(
            {
              id: 53,
              title: 'TCP listen drops',
              description:
                'Connections per second that the kernel dropped because a server did not accept them in time, for the five nodes with most.',
              w: 8,
              h: 8,
            },
            'host-tcp-listen-drop-rate'
          ),
        ],
      },
      {
        id: 30,
        title: 'Host',
        collapsed: true,
        help: 'For comparison only: metrics of the host as seen by Falco, and its current CPU usage where node_exporter is scraped. **Falco does not cause its CPU and memory usage**, and no alert rule uses them.',
        panels: [
          worstPanel(
            {
              id: 35,
              title: 'Host CPU',
              description:
                'Share of the CPU time that is used, for the five busiest hosts. The legend tells which value it is: now, from node_exporter, or since boot, from Falco.',
              w: 6,
              h: 7,
            },
            'host-cpu-usage-ratio',
            false,
            { groupBy: ['$identity', 'basis'], legendFormat: '{{node}} {{basis}}' }
          ),
          worstPanel(
            {
              id: 32,
              title: 'Host memory used',
              description: 'Memory in use without buffers and cache, for the five hosts that use most.',
              w: 6,
              h: 7,
            },
            'host-memory-used'
          ),
          worstPanel(
            {
              id: 33,
              title: 'Open file descriptors',
              description: 'File handles allocated by the kernel, for the five hosts with most.',
              w: 6,
              h: 7,
            },
            'host-open-fds'
          ),
          worstPanel(
            {
              id: 34,
              title: 'Running processes',
              description:
                'Threads that are running or waiting for a CPU at each scrape, for the five hosts with most. Many more than CPUs: the host is overloaded, and Falco has to wait as well.',
              w: 6,
              h: 7,
            },
            'host-procs-running'
          ),
        ],
      },
    ],
  }).build();
}
