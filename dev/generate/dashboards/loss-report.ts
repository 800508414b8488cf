import { type Dashboard } from '@grafana/grafana-foundation-sdk/dashboard';
import { changes } from './changes';
import { dimensionLink, nodeLink } from './links';
import { page } from './page';
import { TableSortByFieldStateBuilder } from '@grafana/grafana-foundation-sdk/common';
import { barsPanel, linked, statPanel, tablePanel } from './panels';
import { columns, signal, signals, worst } from './queries';

export const uid = 'falco-loss-report';

const losses = [
  'lost-events',
  'kernel-drop-ratio',
  'lost-process-events',
  'downtime',
  'blind-time',
  'restarts',
  'reloads',
  'outputs-queue-drops',
];

const total = (id: number, signalId: string, title: string, description: string) =>
  linked(
    statPanel(
      { id, title, description, w: 8, h: 3 },
      signals([signalId], { groupBy: [], window: '$__range', instant: true })
    ),
    dimensionLink(signal(signalId).dimension),
    signalId
  );

/** One row without a header. */
function summary() {
  return tablePanel(
    {
      id: 10,
      title: 'Summary',
      description:
        'The losses of the time range over all selected nodes, in one sentence to copy. Events: dropped in the kernel. Unknown: see the panel’s notice for the reason.',
      w: 24,
      h: 3,
    },
    columns(
      ['lost-events', 'kernel-drop-ratio', 'lost-process-events', 'downtime', 'blind-time', 'outputs-queue-drops'],
      {
        groupBy: [],
        window: '$__range',
        text: 'From ${__from:date:YYYY-MM-DD HH:mm} to ${__to:date:YYYY-MM-DD HH:mm}, Falco lost {{lost-events}} kernel events on {{nodes}}, {{kernel-drop-ratio}} of all, among them {{lost-process-events}} process starts and exits. Downtime: {{downtime}}. Blind time: {{blind-time}}. Dropped alerts: {{outputs-queue-drops}}.',
      }
    )
  )
    .showHeader(false)
    .overrideByName('Text', [{ id: 'custom.wrapText', value: true }]);
}

export function lossReport(): Dashboard {
  return page({
    uid,
    title: 'Falco loss report',
    description: 'What did Falco miss between two points in time, and on which nodes?',
    step: 'investigation',
    groups: [
      {
        id: 1,
        help: '**Set the time range to the incident** and select its nodes. Tiles and tables cover **the time range**. Copy the tables into your incident report: panel menu → Inspect → Data → Download CSV. Counts are extrapolated to the ends of the range. Data before the start of the history is not included; the summary says when it starts.',
        panels: [
          summary(),
          total(
            3,
            'lost-events',
            'Lost events',
            'Events dropped in the kernel within the range, over all selected nodes.'
          ),
          linked(
            statPanel(
              {
                id: 4,
                title: 'Highest kernel drops',
                description:
                  'The node that dropped the largest share of its events in the range. A share over all nodes would hide it.',
                w: 8,
                h: 3,
              },
              worst('kernel-drop-ratio', 1, { window: '$__range', instant: true }),
              true
            ),
            nodeLink('${__field.labels.node:percentencode}'),
            'kernel-drop-ratio'
          ),
          total(
            5,
            'lost-process-events',
            'Lost process events',
            'Process start and exit events among the dropped events: clone and fork, exec, exit. One process may count three times. Falco does not know the name, parents or container of a process whose start was lost.'
          ),
          total(
            6,
            'downtime',
            'Downtime',
            'Time in which Falco did not respond, summed over all selected nodes. Nothing was detected in it.'
          ),
          total(
            7,
            'blind-time',
            'Blind time',
            'Time in which Falco responded but processed no events, summed over all selected nodes. Nothing was detected in it.'
          ),
          total(
            8,
            'outputs-queue-drops',
            'Dropped alerts',
            'Alerts that Falco raised but dropped because its outputs queue was full, over all selected nodes.'
          ),
          tablePanel(
            {
              id: 9,
              title: 'Loss by node',
              description:
                'What each node missed within the range: longest downtime first, then most lost events. During downtime and blind time a node missed everything, which no event count includes. Unknown: see the panel’s notice for the reason.',
              w: 24,
              h: 11,
            },
            columns(losses, { window: '$__range', groupBy: ['$identity'] })
          ).sortBy([
            new TableSortByFieldStateBuilder().displayName('Downtime').desc(true),
            new TableSortByFieldStateBuilder().displayName('Blind time').desc(true),
            new TableSortByFieldStateBuilder().displayName('Lost events').desc(true),
          ]),
        ],
      },
      {
        id: 20,
        title: 'Lost events by cause',
        help: '**clone_fork, execve**: processes unknown to Falco. **proc**: process exits; the processes stay in its table. **open, connect, …**: single syscalls. **uncategorised**: syscalls without a class. Which *rules* would have matched is unknown.',
        panels: [
          barsPanel(
            {
              id: 22,
              title: 'Lost events by cause',
              description:
                'Lost events of the range over all selected nodes, by syscall class or by the reason for the loss (scratch_map: too large, page_faults: not readable).',
              w: 24,
              h: 10,
            },
            signals(['lost-events'], {
              groupBy: ['cause'],
              window: '$__range',
              instant: true,
              limit: 30,
              legendFormat: '{{cause}}',
            })
          ),
          tablePanel(
            {
              id: 23,
              title: 'Lost events by node and cause',
              description:
                'The same for each node, the largest first. Nodes without a row lost no events in the kernel while they were scraped.',
              w: 24,
              h: 9,
            },
            columns(['lost-events'], { groupBy: ['$identity', 'cause'], window: '$__range' }),
            'Lost events'
          ).withTransformation({
            id: 'filterByValue',
            options: {
              type: 'include',
              match: 'any',
              filters: [{ fieldName: 'Lost events', config: { id: 'greater', options: { value: 0 } } }],
            },
          }),
        ],
      },
      {
        id: 30,
        title: 'Events in this range',
        help: 'Restarts and reloads reset the counters to 0; losses after the last scrape before a restart are not counted. Times are those of the events if Falco exports them, otherwise those of the scrapes.',
        panels: [changes(32, 24, 10)],
      },
    ],
  }).build();
}
