import { type Dashboard } from '@grafana/grafana-foundation-sdk/dashboard';
import { changes } from './changes';
import { page } from './page';
import { TableSortByFieldStateBuilder } from '@grafana/grafana-foundation-sdk/common';
import { barsPanel, statPanel, tablePanel, thresholds } from './panels';
import { columns, signals } from './queries';

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
  statPanel(
    { id, title, description, w: 8, h: 3 },
    signals([signalId], { groupBy: [], window: '$__range', instant: true })
  );

/** Nothing is detected in such a time, however short. */
const anyTime = {
  mode: 'absolute',
  steps: [
    { value: null, color: 'green' },
    { value: 1, color: 'red' },
  ],
};

export function lossReport(): Dashboard {
  return page({
    uid,
    title: 'Falco loss report',
    description: 'What did we miss between two moments, and on which nodes?',
    groups: [
      {
        id: 1,
        help: '**Set the time range to the incident**, and choose its nodes. The tables can be pasted into the incident: panel menu → Inspect → Data → Download CSV (or *Data* to copy). Counts are spread to the ends of the range; what happened before the history begins is not in here, and the sign at the title says so.',
        panels: [
          total(
            3,
            'lost-events',
            'Events lost',
            'Events that were lost in the kernel within the range, over all chosen nodes.'
          ),
          total(
            4,
            'kernel-drop-ratio',
            'Share lost',
            'Lost events as a share of all events of the range, over all chosen nodes: one bad node hides in it, so look at the table.'
          ),
          total(
            5,
            'lost-process-events',
            'Process events missed',
            'Starts and ends of processes among the lost events: clone and fork, exec, exit, so that one process may count three times. Of a process whose start is lost Falco knows neither name nor parents nor container.'
          ),
          total(
            6,
            'downtime',
            'Time down',
            'Time in which Falco did not answer, all chosen nodes added up. Nothing was detected in it.'
          ),
          total(
            7,
            'blind-time',
            'Blind time',
            'Time in which Falco answered and yet read no events, all chosen nodes added up. Nothing was detected in it.'
          ),
          total(
            8,
            'outputs-queue-drops',
            'Alerts lost',
            'Alerts that Falco had raised and threw away as its outputs queue was full, over all chosen nodes.'
          ),
          tablePanel(
            {
              id: 9,
              title: 'Loss by node',
              description:
                'What each node missed within the range: the longest down first, then the most events lost. A node with a time down or blind time missed everything meanwhile, which no count of events holds. An empty cell cannot be known: the sign at the title says why.',
              w: 24,
              h: 11,
            },
            columns(losses, { window: '$__range', groupBy: ['$identity'] })
          )
            .sortBy([
              new TableSortByFieldStateBuilder().displayName('Time down').desc(true),
              new TableSortByFieldStateBuilder().displayName('Blind time').desc(true),
              new TableSortByFieldStateBuilder().displayName('Events lost').desc(true),
            ])
            .overrideByRegexp('^(Time down|Blind time)$', [{ id: 'thresholds', value: anyTime }]),
        ],
      },
      {
        id: 20,
        title: 'What was lost',
        help: '**clone_fork, execve**: processes that Falco never knew. **proc**: ends of processes, which then stay in its table. **open, connect, …**: single calls. **uncategorised**: calls of no class. Which *rules* would have matched cannot be known.',
        panels: [
          barsPanel(
            {
              id: 22,
              title: 'Events lost by class',
              description:
                'Lost events of the range over all chosen nodes, by the class of system call, or by why they were lost (scratch_map: too large, page_faults: not readable).',
              w: 24,
              h: 10,
            },
            signals(['lost-events'], {
              groupBy: ['cause'],
              window: '$__range',
              instant: true,
              legendFormat: '{{cause}}',
            })
          ),
          tablePanel(
            {
              id: 23,
              title: 'Events lost by node and class',
              description:
                'The same for each node that lost anything. Nodes without a row lost nothing in the kernel, as far as they were scraped.',
              w: 24,
              h: 9,
            },
            columns(['lost-events'], {
              groupBy: ['$identity', 'cause'],
              window: '$__range',
              legendFormat: '{{cause}}',
            }),
            'all'
          )
            .unit('locale')
            .decimals(0)
            .thresholds(thresholds({}))
            // Names that nothing can break.
            .overrideByRegexp('^(.{9,})$', [{ id: 'custom.width', value: 108 }])
            .withTransformation({
              id: 'calculateField',
              options: { mode: 'reduceRow', reduce: { reducer: 'sum' }, alias: 'all', replaceFields: false },
            })
            .withTransformation({
              id: 'filterByValue',
              options: {
                type: 'include',
                match: 'any',
                filters: [{ fieldName: 'all', config: { id: 'greater', options: { value: 0 } } }],
              },
            }),
        ],
      },
      {
        id: 30,
        title: 'What happened meanwhile',
        help: 'Restarts and reloads begin the counters again at 0; what a Falco had lost since its last scrape is then not counted. Times are those of the events, not of the scrapes, where Falco tells them.',
        panels: [changes(32, 24, 10)],
      },
    ],
  }).build();
}
