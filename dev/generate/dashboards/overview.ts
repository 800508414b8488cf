import { TableSortByFieldStateBuilder } from '@grafana/grafana-foundation-sdk/common';
import { type Dashboard } from '@grafana/grafana-foundation-sdk/dashboard';
import { links } from '../../../src/signals/links';
import { changes } from './changes';
import { page } from './page';
import { coarse, barsPanel, seriesPanel, stackedPanel, statesPanel, tablePanel, worstPanel } from './panels';
import { columns, signals, tableOf, worst } from './queries';
import { alertsLost, figures, verdicts, window } from './verdicts';

export const uid = 'falco-overview';

/** Panels that alert rules link to. Do not change the ids. */
export const panelIds = { up: 22, kernelDrops: 11, alertsLost };

const fleetColumns = [
  'up',
  'stalled',
  'uptime',
  'kernel-drop-ratio',
  'lost-process-events',
  'server-load',
  'probe-cpu-ratio',
  'cpu-usage-since-start-ratio',
  'memory-rss',
];

export function overview(): Dashboard {
  return page({
    uid,
    title: 'Falco overview',
    step: 'overview',
    description:
      'Is Falco itself healthy: is it up, how much does it miss, how loaded are the servers, what does it cost?',
    from: 'now-15m',
    refresh: '10s',
    groups: [
      {
        id: 40,
        help: `**Read from the top:** five verdicts, the checks behind them, then the nodes, all over **the last five minutes**. *Without Falco* comes first: no other value of such a node counts. Purple means *unknown*, never "all is well". [How to reduce drops](${links.dropping})`,
        panels: [
          verdicts,
          ...figures,
          tablePanel(
            {
              id: 35,
              title: 'Checks',
              description:
                'Every check over all selected nodes, worst first: its verdict, the worst node with its value, how many nodes share the verdict, and what to change first on the worst node. The corner of a first step opens all worst nodes, the meaning, every step and the cost. Click a name to open the node. A check that needs more time than five minutes says which.',
              w: 24,
              h: 11,
            },
            tableOf('health', { groupBy: ['check'], window })
          ),
          tablePanel(
            {
              id: 10,
              title: 'Nodes',
              description:
                'All nodes with their values over the last five minutes of the range: nodes that are down first, then stalled ones, then the largest drops. Click a name to open the node. Colours follow the thresholds of the catalogue. Unknown: there is no value (another engine, a disabled setting, Falco down).',
              w: 24,
              h: 11,
            },
            columns(fleetColumns, { window })
          ).sortBy([
            new TableSortByFieldStateBuilder().displayName('Falco up').desc(false),
            new TableSortByFieldStateBuilder().displayName('Stalled').desc(true),
            new TableSortByFieldStateBuilder().displayName('Kernel drops').desc(true),
          ]),
          changes(36, 24, 6),
        ],
      },
      {
        id: 100,
        title: 'Losses',
        help: 'Drops that **follow the load** require fewer events (base_syscalls, rules, plugins); **short bursts** require larger buffers. If the load did not rise, Falco became slower: rules, plugins, CPU limit.',
        panels: [
          worstPanel(
            {
              id: panelIds.kernelDrops,
              title: 'Kernel drops',
              description:
                'Share of the kernel events that never reached Falco, for the ten nodes with the most drops in this range. Dashed: the thresholds of the alert rules, 2 % and 10 %. Compare with the load below.',
              w: 12,
              h: 8,
            },
            'kernel-drop-ratio',
            true
          ),
          coarse(
            stackedPanel(
              {
                id: 12,
                title: 'Kernel drops by cause',
                description:
                  'Dropped events per second over all selected nodes, stacked. open, close, connect, execve … are syscall classes whose ring buffer was full; uncategorised are syscalls without a class; scratch_map and page_faults are events that were too large or could not be read.',
                w: 12,
                h: 8,
              },
              [signals(['kernel-drop-rate'], { groupBy: ['cause'], legendFormat: '{{cause}}' })]
            ),
            'kernel-drop-rate'
          ),
        ],
      },
      {
        id: 103,
        title: 'Server load',
        help: 'This is the work of the **server**, not of Falco. A node with high load and high drops has more to do; a node with drops and normal load has a Falco problem.',
        panels: [
          worstPanel(
            {
              id: 13,
              title: 'Server load',
              description:
                'Syscalls per second and CPU, before Falco filters, for the five busiest nodes. Nodes with the kernel module or without BPF statistics have no value.',
              w: 8,
              h: 9,
            },
            'server-load'
          ),
          worstPanel(
            {
              id: 14,
              title: 'Kernel events per CPU',
              description:
                'Events per second and CPU that Falco monitors, including drops, for the five busiest nodes. According to the Falco documentation, no drops are expected below 1500, and it is hard to keep up above 3000 (dashed).',
              w: 8,
              h: 9,
            },
            'kernel-event-rate-per-cpu',
            true
          ),
          barsPanel(
            {
              id: 15,
              title: 'Tracepoints',
              description:
                'Runs per second of each of Falco’s BPF programs, over all selected nodes. sys_exit runs at every syscall; high rates of sched_switch or page faults mean that Falco monitors an expensive event.',
              w: 8,
              h: 9,
            },
            signals(['tracepoint-rate'], {
              groupBy: ['tracepoint'],
              limit: 20,
              legendFormat: '{{tracepoint}}',
              instant: true,
            })
          ),
        ],
      },
      {
        id: 106,
        title: 'Cost of Falco',
        help: 'Falco has two kinds of cost: its own process, which can use at most one CPU, and its programs in the kernel, which are charged to the applications that make syscalls.',
        panels: [
          worstPanel(
            {
              id: 16,
              title: 'CPU usage of probes',
              description:
                'Share of the node’s CPU time spent in Falco’s BPF programs, for the five most expensive nodes. It is not part of Falco’s own CPU usage. Nodes with the kernel module have no value.',
              w: 8,
              h: 8,
            },
            'probe-cpu-ratio'
          ),
          worstPanel(
            {
              id: 17,
              title: 'CPU usage since start',
              description:
                '100 % is one full CPU, the limit of a single thread: close to it, Falco drops events. This is Falco’s own average since its start, which changes slowly; the resources dashboard shows the current usage where it is known.',
              w: 8,
              h: 8,
            },
            'cpu-usage-since-start-ratio',
            true
          ),
          worstPanel(
            {
              id: 18,
              title: 'Memory (RSS)',
              description:
                'Resident memory of the five largest instances, including the touched pages of the ring buffers. A line that only rises will reach the limit: compare with the memory limit of the container.',
              w: 8,
              h: 8,
            },
            'memory-rss'
          ),
        ],
      },
      {
        id: 109,
        title: 'Availability',
        help: 'If **one** node is red, its Falco is the cause. If **half of them are red at the same time**, the network between Grafana and them is.',
        panels: [
          statesPanel(
            {
              id: panelIds.up,
              title: 'Falco up',
              description:
                'The ten nodes that were down longest in this range. Green: Falco responded. Red: it did not, or it left service discovery. Gaps: the node was not known yet, or Grafana did not scrape it.',
              w: 12,
              h: 8,
            },
            worst('up', 10)
          ),
          seriesPanel(
            {
              id: 23,
              title: 'Restarts within 15 minutes',
              description:
                'Falco process starts within 15 minutes, over all selected nodes. A rollout is one per node; a growing number is a crash loop, which the table of nodes shows by a short uptime.',
              w: 12,
              h: 8,
            },
            [signals(['restarts', 'reloads'], { groupBy: [], window: '15m', legendFormat: '{{signal}}' })]
          ),
        ],
      },
    ],
  }).build();
}
