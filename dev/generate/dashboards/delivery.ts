import { VizTextDisplayOptionsBuilder } from '@grafana/grafana-foundation-sdk/common';
import { type Dashboard } from '@grafana/grafana-foundation-sdk/dashboard';
import { nodeLink, panelLink } from './links';
import { labelVariable, page } from './page';
import { barsPanel, linked, tablePanel, seriesPanel, stackedPanel, statesPanel, statPanel, worstPanel } from './panels';
import { checksOf, chosen, columns, inCluster, ofSidekick, signals, tableOf, type Target, worst } from './queries';

export const uid = 'falco-delivery';

const toChosen = { key: 'destination', operator: '=~', value: '${destination:regex}' };
const ofRule = { key: 'rule_name', operator: '=~', value: '${rule:regex}' };
const inRange = { groupBy: [], window: '$__range', instant: true };
/** A total could hide a node that loses most of its alerts. */
const worstInRange = { window: '$__range', instant: true };

interface Tile {
  id: number;
  title: string;
  description: string;
  query: Target;
  /** The panel that shows the value over time; undefined for the worst node, whose dashboard opens instead. */
  graph?: number;
  named?: boolean;
}

/** A value of the same size, with or without a name. */
function tile({ id, title, description, query, graph, named = graph === undefined }: Tile, w: number) {
  const { signals: [signalId = ''] = [] } = query.build() as { signals?: string[] };
  const panel = statPanel({ id, title, description, w, h: 3 }, query, named)
    .wideLayout(false)
    .text(new VizTextDisplayOptionsBuilder().titleSize(13).valueSize(28));
  const link = graph === undefined ? nodeLink('${__field.labels.node:percentencode}') : panelLink(uid, graph);
  return linked(panel, link, signalId);
}

/** A place of the chain in the first row, or the joint before it in the second. */
const link = (place: Tile) => tile(place, 6);

const accepted = { key: 'status', operator: '=', value: 'accepted' };
const delivered = { key: 'status', operator: '=', value: 'ok' };
const onPath = (path: string) => ({ filters: [...chosen, { key: 'path', operator: '=', value: path }], ...inRange });

/** Signals of the canary's rule on the selected nodes. */
function ofCanary(id: string, query: Record<string, unknown>): Target {
  const nodes = { key: 'node', operator: '=~', value: '${node:regex}' };
  return signals([id], { filters: [inCluster, nodes, ofRule], ...query });
}

export function delivery(): Dashboard {
  return page({
    uid,
    title: 'Falco delivery',
    description: 'Do alerts reach Falco’s outputs, Falcosidekick and each destination?',
    step: 'dimension',
    variables: [
      labelVariable('destination', 'Destination', [inCluster]).allValue('.*'),
      labelVariable('rule_name', 'Canary rule', [inCluster]).name('rule').allValue('.*'),
    ],
    groups: [
      {
        id: 1,
        help: '**Read each row from left to right**, over **the time range**. First row: alerts per hour at each place. Second row: what is lost at the joint before it, at the worst node or destination. Alerts are lost at the first coloured loss; later places cannot receive them. What Grafana receives is measured by the *alert receiver*, see the row *Received by Grafana*.',
        panels: [
          link({
            id: 3,
            title: '1 Raised',
            description: 'Alerts per hour raised by the rules of the selected nodes over the range, before any output.',
            query: signals(['rule-match-rate'], inRange),
            graph: 22,
          }),
          link({
            id: 6,
            title: '2 Falcosidekick',
            description: 'Alerts per hour that Falcosidekick accepted over the range, from all nodes of the cluster.',
            query: ofSidekick(['sidekick-input-rate'], inRange, [accepted]),
            graph: 22,
          }),
          link({
            id: 8,
            title: '3 Destinations',
            description:
              'Deliveries per hour that the destinations of Falcosidekick accepted over the range. An alert sent to three destinations counts three times.',
            query: ofSidekick(['destination-output-rate'], inRange, [toChosen, delivered]),
            graph: 34,
          }),
          link({
            id: 11,
            title: '4 Grafana',
            description:
              'Alerts per hour from the selected nodes that the alert receiver counted over the range, directly from Falco or through Falcosidekick.',
            query: signals(['alerts-received-rate'], inRange),
            graph: 53,
          }),
          link({
            id: 4,
            title: 'Dropped in 1',
            description:
              'In Falco: alerts dropped in the range because its outputs queue was full. Unknown if the capacity of the queue is unknown (outputsQueueCapacity of the target): an unbounded queue grows in memory instead.',
            query: signals(['outputs-queue-drops'], inRange),
            graph: 23,
          }),
          link({
            id: 5,
            title: 'Lost before 2',
            description:
              'Between Falco and Falcosidekick: estimated share of the alerts that Falcosidekick did not receive, on the worst node. Requires a Falcosidekick among the targets with the same cluster label.',
            query: worst('loss-before-sidekick-ratio', 1, worstInRange),
          }),
          link({
            id: 7,
            title: 'Lost before 3',
            description:
              'Between Falcosidekick and its destinations: the destination that rejected the largest share of its alerts over the range. Falcosidekick does not retry: they are lost.',
            query: ofSidekick(
              ['destination-error-ratio'],
              { ...inRange, limit: 1, groupBy: ['destination'], legendFormat: '{{destination}}' },
              [toChosen]
            ),
            graph: 33,
            named: true,
          }),
          link({
            id: 12,
            title: 'Lost before 4',
            description:
              'Between Falco and Grafana: share of the alerts raised on the worst node that did not arrive at the alert receiver within the range: the loss of the whole way. Inaccurate in a range that is short compared with the delivery time.',
            query: worst('delivery-loss-ratio', 1, worstInRange),
          }),
          tablePanel(
            {
              id: 9,
              title: 'Checks',
              description: 'Each delivery check, worst first, with the worst nodes or Falcosidekick instances.',
              w: 24,
              h: 8,
            },
            tableOf('health', { signals: checksOf('delivery'), groupBy: ['check'], filters: [inCluster] })
          ),
          tablePanel(
            {
              id: 10,
              title: 'Loss by node',
              description:
                'The links of the chain for each node over the range. Lost before Falcosidekick is an estimate and inaccurate with few alerts. Unknown: see the panel’s notice for the reason.',
              w: 24,
              h: 10,
            },
            columns(['rule-match-rate', 'outputs-queue-drops', 'loss-before-sidekick-ratio', 'delivery-loss-ratio'], {
              window: '$__range',
            }),
            'Lost alerts'
          ),
        ],
      },
      {
        id: 20,
        title: 'From Falco to Falcosidekick',
        help: 'The lines *raised* and *accepted* should **coincide**. If raised is above accepted, alerts are lost on the way, or a minimum priority or another output holds them back. Rejected requests are not JSON: set json_output.',
        panels: [
          seriesPanel(
            {
              id: 22,
              title: 'Raised and accepted alerts',
              description:
                'Alerts per hour raised by the rules of all selected nodes, and requests that Falcosidekick accepted or rejected. Falcosidekick’s values cover the whole cluster, so select all nodes to compare.',
              w: 12,
              h: 8,
            },
            [
              signals(['rule-match-rate'], { refId: 'A', groupBy: [], legendFormat: 'raised' }),
              ofSidekick(['sidekick-input-rate'], { refId: 'B', groupBy: ['status'], legendFormat: '{{status}}' }),
            ]
          ),
          stackedPanel(
            {
              id: 23,
              title: 'Dropped alerts within 5 minutes',
              description:
                'Alerts dropped within the five minutes before each point, over all selected nodes. Anything above 0 means that an output is too slow or that a rule floods the queue.',
              w: 12,
              h: 8,
            },
            [signals(['outputs-queue-drops'], { groupBy: [], window: '5m', legendFormat: 'dropped' })]
          ),
          statesPanel(
            {
              id: 24,
              title: 'Falcosidekick up',
              description:
                'Green: Falcosidekick responded. Red: it did not, and alerts raised meanwhile may be lost. Empty if no Falcosidekick is among the targets.',
              w: 12,
              h: 7,
            },
            ofSidekick(['sidekick-up'], { legendFormat: '{{node}}' })
          ),
          seriesPanel(
            {
              id: 27,
              title: 'Falcosidekick restarts within 15 minutes',
              description:
                'Process starts within the 15 minutes before each point. Alerts sent during a restart are lost.',
              w: 12,
              h: 7,
            },
            [ofSidekick(['sidekick-restarts'], { window: '15m', legendFormat: '{{node}}' })]
          ),
          seriesPanel(
            {
              id: 25,
              title: 'Falcosidekick memory',
              description:
                'Resident memory of each Falcosidekick. Memory that grows together with the goroutines shows a destination that is slower than the alerts.',
              w: 12,
              h: 7,
            },
            [ofSidekick(['sidekick-memory'], { legendFormat: '{{node}}' })]
          ),
          seriesPanel(
            {
              id: 26,
              title: 'Falcosidekick goroutines',
              description:
                'Falcosidekick sends each alert in a goroutine of its own. A number that keeps growing shows that alerts wait for a slow destination.',
              w: 12,
              h: 7,
            },
            [ofSidekick(['sidekick-goroutines'], { legendFormat: '{{node}}' })]
          ),
        ],
      },
      {
        id: 30,
        title: 'From Falcosidekick to the destinations',
        help: 'A destination that rejects **everything** has a wrong token or address; one that rejects **some** alerts has a rate limit. Falcosidekick does not count some destinations, and a destination with a minimum priority receives fewer alerts as intended.',
        panels: [
          barsPanel(
            {
              id: 32,
              title: 'Delivery errors',
              description:
                'Share of failed deliveries to each destination over the range. From 1 % on, check the destination; from 10 % on, consider it down.',
              w: 8,
              h: 8,
            },
            ofSidekick(
              ['destination-error-ratio'],
              {
                groupBy: ['destination'],
                window: '$__range',
                instant: true,
                limit: 20,
                legendFormat: '{{destination}}',
              },
              [toChosen]
            )
          ),
          seriesPanel(
            {
              id: 33,
              title: 'Delivery errors over time',
              description: 'The same over time, and for all destinations together. Dashed: 1 % and 10 %.',
              w: 8,
              h: 8,
            },
            [
              ofSidekick(['destination-error-ratio'], { groupBy: ['destination'], legendFormat: '{{destination}}' }, [
                toChosen,
              ]),
              ofSidekick(['loss-after-sidekick-ratio'], { refId: 'B', groupBy: [], legendFormat: 'all destinations' }),
            ],
            'destination-error-ratio'
          ),
          stackedPanel(
            {
              id: 34,
              title: 'Deliveries',
              description: 'Deliveries per hour by destination and status, stacked.',
              w: 8,
              h: 8,
            },
            [
              ofSidekick(
                ['destination-output-rate'],
                { groupBy: ['destination', 'status'], legendFormat: '{{destination}} {{status}}' },
                [toChosen]
              ),
            ]
          ).overrideByRegexp('error$', [{ id: 'color', value: { mode: 'fixed', fixedColor: 'red' } }]),
        ],
      },
      {
        id: 50,
        title: 'Received by Grafana',
        help: 'What the **alert receiver** of this data source measured. Tiles and table cover **the time range**. It takes alerts as one more destination of Falco or Falcosidekick and is off by default. Turn it on in the settings of the data source.',
        panels: [
          tile(
            {
              id: 13,
              title: 'Time from Falco',
              description: 'Time within which 95 % of the alerts that Falco sends to Grafana itself arrived.',
              query: signals(['delivery-time-p95'], onPath('falco')),
              graph: 52,
            },
            8
          ),
          tile(
            {
              id: 14,
              title: 'Time through Falcosidekick',
              description:
                'Time within which 95 % of the alerts that Falcosidekick forwards arrived. What it is longer than the time from Falco is spent in Falcosidekick.',
              query: signals(['delivery-time-p95'], onPath('falcosidekick')),
              graph: 52,
            },
            8
          ),
          tile(
            {
              id: 15,
              title: 'Alerts on time',
              description:
                'Share of the alerts that arrived at the alert receiver within the objective of the settings (receiver.objective, 30 seconds by default), on the worst node.',
              query: worst('delivery-on-time-ratio', 1, worstInRange),
            },
            8
          ),
          seriesPanel(
            {
              id: 52,
              title: 'Delivery time, 95th percentile',
              description:
                'Time within which 95 % of the alerts arrived, by path: directly from Falco, or through Falcosidekick.',
              w: 12,
              h: 8,
            },
            [
              signals(['delivery-time-p95'], {
                refId: 'A',
                groupBy: ['path'],
                window: '5m',
                legendFormat: '{{path}}',
              }),
            ],
            'delivery-time-p95'
          ),
          seriesPanel(
            {
              id: 53,
              title: 'Raised and received alerts',
              description:
                'Alerts per hour raised by the rules of the selected nodes, and those that arrived, by path. Those that arrived include Falco’s own messages.',
              w: 12,
              h: 8,
            },
            [
              signals(['rule-match-rate'], { refId: 'A', groupBy: [], legendFormat: 'raised' }),
              signals(['alerts-received-rate'], { refId: 'B', groupBy: ['path'], legendFormat: '{{path}}' }),
            ]
          ),
          worstPanel(
            {
              id: 55,
              title: 'Lost alerts',
              description:
                'Share of the alerts of the worst nodes that did not arrive within the ten minutes before each point. Dashed: 5 % and 50 %.',
              w: 12,
              h: 8,
            },
            'delivery-loss-ratio',
            true,
            { window: '10m' }
          ),
          worstPanel(
            {
              id: 56,
              title: 'Userspace lag within 10 minutes',
              description:
                'Events of the ten minutes before each point that the driver delivered and Falco did not process, on the worst nodes. From Falco’s metrics snapshots (metrics.output_rule).',
              w: 12,
              h: 8,
            },
            'userspace-lag',
            false,
            { window: '10m' }
          ),
          tablePanel(
            {
              id: 54,
              title: 'Delivery by node',
              description:
                'Delivery times, the share of alerts that arrived within the objective, duplicates, differences between clocks, and the events that userspace processed, on each node within the range.',
              w: 24,
              h: 11,
            },
            columns(
              [
                'delivery-time-p50',
                'delivery-time-p95',
                'delivery-time-p99',
                'delivery-on-time-ratio',
                'duplicate-alerts',
                'clock-ahead',
                'userspace-event-rate',
              ],
              { window: '$__range', groupBy: ['$identity'] }
            ),
            'Delivery time, 95th percentile'
          ),
        ],
      },
      {
        id: 40,
        title: 'Canary',
        help: 'A canary is a rule that **a job triggers** on every node every few minutes. *Canaries received* shows the one that the settings name (receiver.canary.rule). For the other tables, select it under *Canary rule*: *All* shows the last match of any rule, and long silences are normal then.',
        panels: [
          tablePanel(
            {
              id: 44,
              title: 'Canaries received',
              description:
                'When the last canary of each node arrived at the alert receiver, how long it took, and how many in a row are overdue.',
              w: 24,
              h: 10,
            },
            columns(['canary-last-arrival', 'canary-round-trip-time', 'missed-canaries'], { groupBy: ['$identity'] }),
            'Missed canaries'
          ),
          tablePanel(
            {
              id: 42,
              title: 'Time since last match',
              description:
                'Time since the rule last matched on each node, longest first, within the range. Nodes without a row had no match in the range: extend it, or check the canary.',
              w: 12,
              h: 10,
            },
            ofCanary('canary-elapsed-time', {
              groupBy: ['$identity'],
              window: '$__range',
              format: 'table',
              instant: true,
            }),
            'Time since last match'
          ),
          tablePanel(
            {
              id: 43,
              title: 'Time to Falcosidekick',
              description:
                'Time between the last match and its arrival at Falcosidekick, longest first. The resolution is 30 seconds or two scrape intervals. Delivery to the destinations cannot be measured.',
              w: 12,
              h: 10,
            },
            ofCanary('canary-delivery-time', {
              groupBy: ['$identity'],
              window: '$__range',
              format: 'table',
              instant: true,
            }),
            'Time to Falcosidekick'
          ),
        ],
      },
    ],
  }).build();
}
