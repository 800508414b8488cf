import { VizTextDisplayOptionsBuilder } from '@grafana/grafana-foundation-sdk/common';
import { type Dashboard } from '@grafana/grafana-foundation-sdk/dashboard';
import { labelVariable, page } from './page';
import { barsPanel, checksPanel, seriesPanel, stackedPanel, statesPanel, statPanel, tablePanel } from './panels';
import { checksOf, columns, inCluster, ofSidekick, signals, tableOf, type Target } from './queries';

export const uid = 'falco-delivery';

const toChosen = { key: 'destination', operator: '=~', value: '${destination:regex}' };
const ofRule = { key: 'rule_name', operator: '=~', value: '${rule:regex}' };
const inRange = { groupBy: [], window: '$__range', instant: true };

function joint(id: number, title: string, description: string, query: Target, named = false) {
  return statPanel({ id, title, description, w: 8, h: 3 }, query, named);
}

/** Grafana's own choice for two figures in one tile is too small to be read. */
const two = new VizTextDisplayOptionsBuilder().titleSize(14).valueSize(18);

/** Figures of the canary's rule on the chosen nodes. */
function ofCanary(id: string, query: Record<string, unknown>): Target {
  const nodes = { key: 'node', operator: '=~', value: '${node:regex}' };
  return signals([id], { filters: [inCluster, nodes, ofRule], ...query });
}

export function delivery(): Dashboard {
  return page({
    uid,
    title: 'Falco delivery',
    description: 'Do alerts arrive: rules, outputs queue, Falcosidekick, each destination?',
    variables: [
      labelVariable('destination', 'Destination', [inCluster]).allValue('.*'),
      labelVariable('rule_name', 'Canary’s rule', [inCluster]).name('rule').allValue('.*'),
    ],
    groups: [
      {
        id: 1,
        help: '**One chain, in reading order:** rules raise alerts → Falco’s outputs queue → the way to Falcosidekick → Falcosidekick → each destination. The first joint that is red is where alerts go missing; what comes after it cannot have them.',
        panels: [
          joint(
            3,
            '1 Raised',
            'Alerts per second that the rules of the chosen nodes raised over the range, before any output.',
            signals(['rule-match-rate'], inRange)
          ),
          joint(
            4,
            '2 Lost: queue of Falco',
            'Alerts that Falco threw away in the range as its outputs queue was full. Unknown where nobody says whether the queue has a bound (outputsQueueCapacity of the target): without one memory grows instead.',
            signals(['outputs-queue-drops'], inRange)
          ),
          joint(
            5,
            '3 Lost: on the way',
            'Share of the alerts that Falcosidekick never counted, estimated over all chosen nodes. Needs a Falcosidekick among the targets with the same cluster label.',
            signals(['loss-before-sidekick-ratio'], inRange)
          ),
          joint(
            6,
            '4 Falcosidekick',
            'Requests per second that Falcosidekick accepted, and rejected, over the range.',
            ofSidekick(['sidekick-input-rate'], { ...inRange, groupBy: ['status'], legendFormat: '{{status}}' }),
            true
          ).text(two),
          joint(
            7,
            '5 Lost: worst destination',
            'The destination that refused the largest share of what it was sent over the range. Falcosidekick does not try again: it is gone.',
            ofSidekick(
              ['destination-error-ratio'],
              {
                limit: 1,
                window: '$__range',
                instant: true,
                groupBy: ['destination'],
                legendFormat: '{{destination}}',
              },
              [toChosen]
            ),
            true
          ),
          joint(
            8,
            '6 Deliveries',
            'Deliveries per second that destinations took (ok) and refused (error) over the range; an alert that goes to three destinations counts three times.',
            ofSidekick(['destination-output-rate'], { ...inRange, groupBy: ['status'], legendFormat: '{{status}}' }, [
              toChosen,
            ]),
            true
          ).text(two),
          checksPanel(
            {
              id: 9,
              title: 'Checks',
              description: 'Each check of delivery, the worst first, with the nodes or Falcosidekicks that are worst.',
              w: 24,
              h: 5,
            },
            tableOf('health', { signals: checksOf('delivery'), groupBy: ['check'], filters: [inCluster] })
          ),
          tablePanel(
            {
              id: 10,
              title: 'Loss by node',
              description:
                'The first joints for each node over the range. Lost before Falcosidekick is an estimate: few alerts make it coarse. An empty cell cannot be known: the sign at the title says why.',
              w: 24,
              h: 8,
            },
            columns(['rule-match-rate', 'outputs-queue-drops', 'loss-before-sidekick-ratio'], { window: '$__range' }),
            'Alerts lost'
          ),
        ],
      },
      {
        id: 20,
        title: 'From Falco to Falcosidekick',
        help: 'The lines *raised* and *accepted* should lie **on each other**. Raised above accepted: alerts get lost on the way, or a minimum priority or another output holds them back. Rejected requests are no JSON: set json_output.',
        panels: [
          seriesPanel(
            {
              id: 22,
              title: 'Raised and accepted',
              description:
                'Alerts per second: raised by the rules of all chosen nodes, and requests that Falcosidekick accepted or rejected. Falcosidekick’s are of the whole cluster, so choose all nodes to compare.',
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
              title: 'Alerts lost in Falco’s queue',
              description:
                'Alerts thrown away within the window of each point, over all chosen nodes. Anything above 0: an output is too slow, or a rule floods the queue.',
              w: 12,
              h: 8,
            },
            [signals(['outputs-queue-drops'], { groupBy: [], legendFormat: 'lost' })]
          ),
          statesPanel(
            {
              id: 24,
              title: 'Falcosidekick up',
              description:
                'Green: Falcosidekick answered. Red: it did not, and what Falcos raised meanwhile may have reached nobody. Empty where none is among the targets.',
              w: 24,
              h: 4,
            },
            ofSidekick(['sidekick-up'], { legendFormat: '{{node}}' })
          ),
        ],
      },
      {
        id: 30,
        title: 'From Falcosidekick to each destination',
        help: 'A destination that **refuses everything** has a wrong token or address; one that refuses **some** has a rate limit. Some destinations are not counted by Falcosidekick at all, and one with a minimum priority gets fewer alerts rightly.',
        panels: [
          barsPanel(
            {
              id: 32,
              title: 'Failed deliveries',
              description:
                'Share of the deliveries to each destination that failed over the range. From 1 % it is worth a look, from 10 % the destination is as good as down.',
              w: 8,
              h: 8,
            },
            ofSidekick(
              ['destination-error-ratio'],
              { groupBy: ['destination'], window: '$__range', instant: true, legendFormat: '{{destination}}' },
              [toChosen]
            )
          ),
          seriesPanel(
            {
              id: 33,
              title: 'Failed deliveries over time',
              description:
                'The same over time, and over all destinations: since when does one refuse? Dashed: 1 % and 10 %.',
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
              description: 'Deliveries per second by destination and what came of them, stacked.',
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
        id: 40,
        title: 'Canary',
        help: 'Choose the rule that **a job of yours sets off** on every node every few minutes, above at *Canary’s rule*. Its age must stay below its period, on every node. With *All* it is the last match of any rule: long silences are then ordinary.',
        panels: [
          tablePanel(
            {
              id: 42,
              title: 'Age of the canary',
              description:
                'Time since the rule last matched on each node, the oldest first, as far back as the range. A node without a row did not match within the range: widen it, or worry.',
              w: 12,
              h: 9,
            },
            ofCanary('canary-elapsed-time', {
              groupBy: ['$identity'],
              window: '$__range',
              format: 'table',
              instant: true,
            }),
            'Last match'
          ),
          tablePanel(
            {
              id: 43,
              title: 'Delay to Falcosidekick',
              description:
                'Time between the last match and its arrival at Falcosidekick, the longest first. No finer than 30 seconds or two scrape intervals. The way on to a destination cannot be timed.',
              w: 12,
              h: 9,
            },
            ofCanary('canary-delivery-time', {
              groupBy: ['$identity'],
              window: '$__range',
              format: 'table',
              instant: true,
            }),
            'Delay to Falcosidekick'
          ),
        ],
      },
    ],
  }).build();
}
