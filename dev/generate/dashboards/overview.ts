import { TableSortByFieldStateBuilder } from '@grafana/grafana-foundation-sdk/common';
import { type Dashboard } from '@grafana/grafana-foundation-sdk/dashboard';
import { links } from '../../../src/signals/links';
import { changes } from './changes';
import { page } from './page';
import {
  coarse,
  barsPanel,
  seriesPanel,
  stackedPanel,
  statesPanel,
  checksPanel,
  tablePanel,
  without,
  worstPanel,
} from './panels';
import { columns, signals, tableOf, worst } from './queries';
import { alertsLost, figures, verdicts } from './verdicts';

export const uid = 'falco-overview';

/** Panels that alert rules lead to; the numbers must stay. */
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
    description: 'Is Falco itself healthy: is it up, what does it miss, how loaded are the servers, what does it cost?',
    from: 'now-15m',
    refresh: '10s',
    groups: [
      {
        id: 40,
        help: `**Read from the top:** five verdicts, then the nodes behind them. *Without Falco* comes first: no figure of such a node counts. Purple is *unknown*, never "all is well". [What Falco's project advises against drops](${links.dropping})`,
        panels: [
          ...verdicts,
          ...figures,
          tablePanel(
            {
              id: 10,
              title: 'Nodes, last five minutes',
              description:
                'Every node with its figures of the last five minutes of the range, those that are down first, then those that answer and see nothing, then the largest drops; a click on a name opens the node. Colours follow the thresholds of the catalogue; an empty cell is a figure that cannot be known there (another engine, a switch that is off, Falco down).',
              w: 24,
              h: 11,
            },
            columns(fleetColumns, { window: '5m' })
          ).sortBy([
            new TableSortByFieldStateBuilder().displayName('Falco up').desc(false),
            new TableSortByFieldStateBuilder().displayName('Stalled').desc(true),
            new TableSortByFieldStateBuilder().displayName('Kernel drops').desc(true),
          ]),
          without(
            checksPanel(
              {
                id: 35,
                title: 'Checks',
                description:
                  'Every check over all chosen nodes, the worst first: how many nodes have which verdict, and which are worst. What to change stands on the dashboard of the node.',
                w: 24,
                h: 9,
              },
              tableOf('health', { groupBy: ['dimension', 'check'] })
            ),
            ['Dimension', 'Ok']
          ),
          changes(36, 24, 6),
        ],
      },
      {
        id: 100,
        title: 'What is missed',
        help: 'Drops that **follow the load** ask for fewer events (base_syscalls, rules, plugins); **short bursts** ask for larger buffers. Where the load did not rise, Falco became slower: rules, plugins, its CPU limit.',
        panels: [
          worstPanel(
            {
              id: panelIds.kernelDrops,
              title: 'Kernel drops',
              description:
                'Share of the kernel’s events that never reached Falco, on the ten nodes that lost most in this range. The dashed lines are the bounds of the alert rules, 2 % and 10 %. Hold it beside the load below.',
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
                  'Events lost per second over all chosen nodes, stacked. open, close, connect, execve … are classes of system calls that met a full ring buffer; uncategorised are calls of no class; scratch_map and page_faults are events that were too large or could not be read.',
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
        title: 'How loaded the servers are',
        help: 'The **server’s** work, not Falco’s. A node far above the others in load, and in drops as well, has simply more to do; one with drops and an ordinary load has a Falco problem.',
        panels: [
          worstPanel(
            {
              id: 13,
              title: 'Server load',
              description:
                'System calls per second and CPU, before any filter of Falco, on the five busiest nodes. Nodes with the kernel module, or without statistics of BPF programs, have no such figure.',
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
                'Events per second and CPU that Falco takes, drops included, on the five busiest nodes. In the project’s experience below 1500 is no trouble and above 3000 it becomes hard to keep up (dashed lines).',
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
                'Runs per second of each of Falco’s programs in the kernel, over all chosen nodes. sys_exit runs at every system call; sched_switch or page faults high up mean that a costly event is listened to.',
              w: 8,
              h: 9,
            },
            signals(['tracepoint-rate'], { groupBy: ['tracepoint'], legendFormat: '{{tracepoint}}', instant: true })
          ),
        ],
      },
      {
        id: 106,
        title: 'What Falco costs',
        help: 'Falco costs in two places: in its own process, which one CPU bounds, and in the kernel, on the account of the applications that make system calls.',
        panels: [
          worstPanel(
            {
              id: 16,
              title: 'CPU in Falco’s probes',
              description:
                'Share of all the node’s CPU time that is spent in Falco’s programs in the kernel, on the five dearest nodes. It is not in Falco’s own CPU use. Nodes with the kernel module have no such figure.',
              w: 8,
              h: 8,
            },
            'probe-cpu-ratio'
          ),
          worstPanel(
            {
              id: 17,
              title: 'CPU of Falco since start',
              description:
                '100 % is one full CPU, which a single thread cannot pass: near it drops follow. Falco’s own average since its start, which moves slowly; the dashboard of resources has the present use where it can be known.',
              w: 8,
              h: 8,
            },
            'cpu-usage-since-start-ratio',
            true
          ),
          worstPanel(
            {
              id: 18,
              title: 'Memory of Falco',
              description:
                'Resident memory of the five largest, the touched pages of the ring buffers included. A line that only ever rises will meet its limit: hold it against the one that you set for the container.',
              w: 8,
              h: 8,
            },
            'memory-rss'
          ),
        ],
      },
      {
        id: 109,
        title: 'Whether it keeps running',
        help: 'Red on **one** node is that node’s Falco; red on **half of them at once** is the network between Grafana and them.',
        panels: [
          statesPanel(
            {
              id: panelIds.up,
              title: 'Falco up',
              description:
                'The ten nodes that were down longest in this range. Green: Falco answered. Red: it did not, or it left service discovery. A gap: the node was not known yet, or Grafana did not ask.',
              w: 12,
              h: 8,
            },
            worst('up', 10)
          ),
          seriesPanel(
            {
              id: 23,
              title: 'Restarts',
              description:
                'Starts of a new Falco process within 15 minutes, over all chosen nodes. One a node is a roll-out; ever more of them is a crash loop, which the table of nodes names by its short uptime.',
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
