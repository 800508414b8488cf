import { type Dashboard } from '@grafana/grafana-foundation-sdk/dashboard';
import { changes } from './changes';
import { dashboardLink } from './links';
import { page } from './page';
import {
  barsPanel,
  linked,
  seriesPanel,
  stackedPanel,
  statesPanel,
  statPanel,
  tablePanel,
  without,
  worstPanel,
} from './panels';
import { checksOf, columns, inCluster, signals, tableOf, worst } from './queries';

export const uid = 'falco-fleet';

const stability = [
  'up',
  'downtime',
  'blind-time',
  'uptime',
  'restarts',
  'crash-loops',
  'reloads',
  'hot-reload-failures',
  'event-timeouts',
];

const total = (id: number, signalId: string, title: string, description: string) =>
  tile(id, signalId, title, description, { window: '$__range' });

/** The total over the selected nodes at the end of the range. */
const now = (id: number, signalId: string, title: string, description: string) =>
  tile(id, signalId, title, description, {});

/** Four tiles in a row. */
const tileSize = { w: 6, h: 3 };

/** Where a tile leads: to the dashboard that shows more about its figure. */
const more: Record<string, { title: string; url: string }> = {
  downtime: dashboardLink('Open loss report', 'falco-loss-report'),
  'availability-ratio': dashboardLink('Open loss report', 'falco-loss-report'),
  restarts: dashboardLink('Open before and after', 'falco-before-after'),
  reloads: dashboardLink('Open before and after', 'falco-before-after'),
  'monitored-kernels': dashboardLink('Open overview', 'falco-overview'),
  'fleet-event-rate': dashboardLink('Open data quality', 'falco-data-quality'),
  'fleet-syscall-rate': dashboardLink('Open resources', 'falco-resources'),
};

function tile(id: number, signalId: string, title: string, description: string, query: object) {
  const panel = statPanel(
    { id, title, description, ...tileSize },
    signals([signalId], { groupBy: [], instant: true, ...query })
  );
  return linked(panel, more[signalId]!, signalId);
}

export function fleet(): Dashboard {
  return page({
    uid,
    title: 'Falco fleet and drift',
    description: 'Is Falco up everywhere, how often does it restart, and do versions, rules or configuration drift?',
    step: 'dimension',
    groups: [
      {
        id: 1,
        help: 'Nothing monitors a node **without a working Falco**. Nodes that never had a Falco are known only if the settings give the expected number (`expectedInstances` of a target). Tiles and tables that count cover **the time range**.',
        panels: [
          linked(
            statPanel(
              {
                id: 4,
                title: 'Without Falco',
                description:
                  'Nodes of the selected clusters that are down, stalled, or missing compared with the expected number, at the end of the range. 0 is healthy.',
                ...tileSize,
              },
              signals(['nodes-without-falco'], { groupBy: [], filters: [inCluster], instant: true })
            ),
            dashboardLink('Open overview', 'falco-overview'),
            'nodes-without-falco'
          ),
          total(
            5,
            'downtime',
            'Downtime',
            'Time within the range in which Falco did not respond, summed over all nodes.'
          ),
          total(
            6,
            'availability-ratio',
            'Availability',
            'Share of successful scrapes in the range, averaged over the selected nodes.'
          ),
          total(7, 'restarts', 'Restarts', 'Falco process starts within the range. A rollout is one per node.'),
          total(
            8,
            'reloads',
            'Hot reloads',
            'Reloads of rules and configuration within the range without a restart; Falco 0.41 and later.'
          ),
          now(
            14,
            'monitored-kernels',
            'Kernels',
            'Kernels that the selected nodes monitor at the end of the range. Nodes that are containers of one host share its kernel.'
          ),
          now(
            15,
            'fleet-event-rate',
            'Kernel events',
            'Events per second that the drivers of the selected nodes handled, with each kernel counted once.'
          ),
          now(
            16,
            'fleet-syscall-rate',
            'Syscalls',
            'Syscalls per second of the selected nodes, before Falco filters, with each kernel counted once. Requires BPF statistics.'
          ),
          tablePanel(
            {
              id: 3,
              title: 'Checks',
              description:
                'Each continuity check over all selected nodes, worst first. Unknown checks give the reason.',
              w: 24,
              h: 8,
            },
            tableOf('health', { signals: checksOf('continuity'), groupBy: ['check'] })
          ),
          tablePanel(
            {
              id: 9,
              title: 'Stability in range',
              description:
                'All nodes over the whole range, longest downtime first. Restarts count the processes that a scrape saw. Failed hot reloads and event timeouts require a Falcosidekick among the targets; see the panel’s notice for nodes without values.',
              w: 24,
              h: 11,
            },
            columns(stability, { window: '$__range' }),
            'Downtime'
          ),
          statesPanel(
            {
              id: 10,
              title: 'Falco up',
              description:
                'The ten nodes that were down longest in this range. Green: Falco responded. Red: it did not. Gaps: the node was not known yet. If half of the nodes are red at the same time, the network is the cause, not Falco.',
              w: 12,
              h: 8,
            },
            worst('up', 10)
          ),
          stackedPanel(
            {
              id: 11,
              title: 'Nodes without Falco by reason',
              description:
                'down: no response. stalled: Falco responds, but hardly any event reaches its rules. blind: Falco responds, but its driver delivers no events. missing: fewer instances than expected. A healthy fleet shows 0.',
              w: 12,
              h: 8,
            },
            [
              signals(['nodes-without-falco'], {
                groupBy: ['reason'],
                filters: [inCluster],
                legendFormat: '{{reason}}',
              }),
            ]
          ),
          seriesPanel(
            {
              id: 12,
              title: 'Connection failures within 30 minutes',
              description:
                'Connections within 30 minutes that were refused, reset or cut off, on the five worst nodes. A process that terminates before or during each scrape shows only here. Crashes are responses that were cut off and followed by a restart, over all selected nodes.',
              w: 12,
              h: 7,
            },
            [
              worst('connection-failures', 5, { window: '30m' }),
              signals(['crashes-while-scraped'], {
                refId: 'B',
                groupBy: [],
                window: '30m',
                legendFormat: 'crashes, all nodes',
              }),
            ]
          ),
          worstPanel(
            {
              id: 13,
              title: 'Instances per kernel',
              description:
                'Number of Falco instances that monitor the same kernel, the ten highest. Above 1, totals over nodes count the events of that kernel several times.',
              w: 12,
              h: 7,
            },
            'instances-per-kernel'
          ),
        ],
      },
      {
        id: 20,
        title: 'Drift',
        help: 'Different **versions** have different losses and costs, different **rules** detect different threats. Node pools may have different configuration on purpose. Nodes that differ are listed first.',
        panels: [
          without(
            tablePanel(
              {
                id: 22,
                title: 'Inventory',
                description:
                  'All current instances. Those that differ from the majority or from the pinned baseline are listed first, with the differences. Files show the first digits of their SHA-256. An instance that is down shows its last known values. A cell shows all of its text while the mouse is over it.',
                w: 24,
                h: 11,
              },
              tableOf('inventory')
            ),
            // The table of stability has it.
            ['Uptime']
          ),
          barsPanel(
            {
              id: 23,
              title: 'Nodes by version',
              description:
                'Number of nodes with each Falco version at the end of the range. A single bar means no drift.',
              w: 8,
              h: 7,
            },
            signals(['nodes-by-version'], { legendFormat: '{{version}}', instant: true })
          ),
          stackedPanel(
            {
              id: 24,
              title: 'Rollout',
              description:
                'Nodes by version over time, stacked. During a rollout one colour replaces another; if it is stuck, nodes are left behind.',
              w: 8,
              h: 7,
            },
            [signals(['nodes-by-version'], { legendFormat: '{{version}}' })]
          ),
          seriesPanel(
            {
              id: 25,
              title: 'Nodes with drift',
              description:
                'Number of nodes whose version, engine, kernel, rules files or configuration files differ from the majority or from the pinned baseline. Engine and kernel may differ on purpose; version and rules should return to 0 after a rollout.',
              w: 8,
              h: 7,
            },
            [
              signals(
                [
                  ...['version-drift', 'engine-drift', 'kernel-drift', 'rules-drift', 'config-drift'],
                  ...['version-baseline-drift', 'rules-baseline-drift', 'config-baseline-drift'],
                ],
                { groupBy: [], legendFormat: '{{signal}}' }
              ),
            ]
          )
            // The words of one node do not fit numbers of nodes. Grafana adds lists to each other, so an empty one removes nothing.
            .overrideByRegexp('.*', [{ id: 'mappings', value: null }]),
          ...(['rules', 'config'] as const).map((files, i) =>
            barsPanel(
              {
                id: 27 + i,
                title: files === 'rules' ? 'Nodes by rules file' : 'Nodes by configuration file',
                description:
                  'Number of nodes with each version of each file at the end of the range. One bar per file is no drift; without a majority, the bars show the groups.',
                w: 12,
                h: 7,
              },
              signals([`nodes-by-${files}`], { legendFormat: '{{file_name}} {{sha256}}', limit: 20, instant: true })
            )
          ),
          changes(26, 24, 8),
        ],
      },
    ],
  }).build();
}
