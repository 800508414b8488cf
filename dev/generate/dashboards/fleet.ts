import { type Dashboard } from '@grafana/grafana-foundation-sdk/dashboard';
import { changes } from './changes';
import { page } from './page';
import { barsPanel, seriesPanel, stackedPanel, statesPanel, statPanel, tablePanel, without } from './panels';
import { checksOf, columns, inCluster, signals, tableOf, verdict, worst } from './queries';

export const uid = 'falco-fleet';

const steadiness = [
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

/** Columns of the inventory that the dashboard of a node shows. */
const shownOfNode = [
  'Started',
  'Host booted',
  'Switched on',
  'Switched off',
  'Address',
  'Uptime',
  'Rules and settings loaded',
  'Rules files',
  'Settings files',
];

const total = (id: number, signalId: string, title: string, description: string) =>
  statPanel(
    { id, title, description, w: 8, h: 3 },
    signals([signalId], { groupBy: [], window: '$__range', instant: true })
  );

export function fleet(): Dashboard {
  return page({
    uid,
    title: 'Falco fleet and drift',
    description: 'Is Falco up everywhere, how often does it restart, and do versions, rules or settings drift?',
    groups: [
      {
        id: 1,
        help: 'A node **without a working Falco** is watched by nobody. Whether nodes are missing altogether is only known where the settings say how many to expect (`expected` of a target).',
        panels: [
          statPanel(
            {
              id: 3,
              title: 'Continuity',
              description: 'The worst verdict of all checks of continuity over the chosen nodes.',
              w: 8,
              h: 3,
            },
            verdict(checksOf('continuity'))
          ),
          statPanel(
            {
              id: 4,
              title: 'Without Falco',
              description:
                'Nodes of the chosen clusters that are down, stalled, or missing against the number expected, at the end of the range. 0 is what you want.',
              w: 8,
              h: 3,
            },
            signals(['nodes-without-falco'], { groupBy: [], filters: [inCluster], instant: true })
          ),
          total(5, 'downtime', 'Time down', 'Time within the range in which Falco did not answer, all nodes added up.'),
          total(
            6,
            'availability-ratio',
            'Availability',
            'Share of the scrapes in the range that were answered, the mean of the chosen nodes.'
          ),
          total(7, 'restarts', 'Restarts', 'Starts of a new Falco process within the range. One a node is a roll-out.'),
          total(
            8,
            'reloads',
            'Hot reloads',
            'Loads of rules and settings within the range without a restart; Falco 0.41 and later.'
          ),
          tablePanel(
            {
              id: 9,
              title: 'Steadiness',
              description:
                'Every node over the whole range, the longest down first. Restarts count processes that a scrape saw; failed reloads and time-outs are only known through a Falcosidekick among the targets: the sign at the title says where they are not.',
              w: 24,
              h: 10,
            },
            columns(steadiness, { window: '$__range' }),
            'Time down'
          ),
          statesPanel(
            {
              id: 10,
              title: 'Falco up',
              description:
                'The ten nodes that were down longest in this range. Green: Falco answered. Red: it did not. A gap: the node was not known yet. Red on half of the nodes at once is the network, not Falco.',
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
                'down: no answer. stalled: it answers, and hardly any event gets to its rules. blind: it answers, and its driver hands nothing over. missing: fewer are known than expected. An empty graph cannot be: 0 is drawn.',
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
          ).axisSoftMax(1),
        ],
      },
      {
        id: 20,
        title: 'Drift',
        help: 'Different **versions** lose and cost differently, different **rules** detect different things. Different settings are right where node pools differ. The odd ones out come first.',
        panels: [
          without(
            tablePanel(
              {
                id: 22,
                title: 'Inventory',
                description:
                  'Every Falco as it is now, those that differ from most, or from what is pinned, first, with what differs. Files are told by the first digits of their SHA-256. What is known of a Falco that is down is what it last said.',
                w: 24,
                h: 11,
              },
              tableOf('inventory')
            ),
            shownOfNode
          )
            .overrideByName('State', [{ id: 'custom.width', value: 70 }])
            .overrideByName('Odd', [{ id: 'custom.width', value: 60 }])
            .overrideByName('CPUs', [{ id: 'custom.width', value: 60 }])
            .overrideByName('Version', [{ id: 'custom.width', value: 75 }])
            .overrideByName('Engine', [{ id: 'custom.width', value: 100 }])
            .overrideByName('Kernel', [
              { id: 'custom.width', value: 130 },
              { id: 'custom.wrapText', value: true },
            ]),
          barsPanel(
            {
              id: 23,
              title: 'Nodes by version',
              description: 'How many nodes run each version of Falco at the end of the range. One bar is no drift.',
              w: 8,
              h: 7,
            },
            signals(['nodes-by-version'], { legendFormat: '{{version}}', instant: true })
          ),
          stackedPanel(
            {
              id: 24,
              title: 'Roll-out',
              description:
                'Nodes by version over time, stacked. A roll-out is one colour giving way to another; where it stands still, nodes are left behind.',
              w: 8,
              h: 7,
            },
            [signals(['nodes-by-version'], { legendFormat: '{{version}}' })]
          ),
          seriesPanel(
            {
              id: 25,
              title: 'Nodes that differ',
              description:
                'How many nodes have another version, engine, kernel, rules files or settings files than most, or than the settings pin. Engine and kernel may differ rightly; version and rules should come back to 0 after a roll-out.',
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
          ).overrideByRegexp('.*', [{ id: 'mappings', value: [] }]),
          changes(26, 24, 8),
        ],
      },
    ],
  }).build();
}
