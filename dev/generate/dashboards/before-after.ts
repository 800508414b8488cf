import { type Dashboard } from '@grafana/grafana-foundation-sdk/dashboard';
import { changes } from './changes';
import { page } from './page';
import { as, coarse, seriesPanel, tablePanel } from './panels';
import { expression, promql } from './queries';

export const uid = 'falco-before-after';

/** What an expression was one length of the range earlier: a subquery of one step moves all of it, whatever it holds. */
function earlier(expr: string): string {
  return `last_over_time((${expr})[$__interval:$__interval] offset $__range)`;
}

interface Figure {
  /** Whose unit and colours it has. */
  id: string;
  title: string;
  description: string;
  /** By node over all of the range, and over all chosen nodes at one moment. */
  byNode: string;
  total: string;
}

function figure(id: string, title: string, description: string, window = '$__rate_interval'): Figure {
  return {
    id,
    title,
    description,
    byNode: expression(id, { by: ['node'], window: '$__range' }),
    total: expression(id, { by: [], window }),
  };
}

const events = (by: string, window: string) =>
  `(sum${by} (rate(falcosecurity_scap_n_evts_total{$filter}[${window}])) > 0)`;
const memory = 'falcosecurity_falco_memory_rss_bytes{$filter}';

const figures: Figure[] = [
  figure('kernel-drop-ratio', 'Kernel drops', 'Share of the events that never reached Falco.'),
  figure(
    'probe-time-per-run',
    'Time per probe run',
    'Nanoseconds that one run of Falco’s programs takes, the mean of all programs. It tells what the kernel side costs for one event, whatever the load.'
  ),
  figure(
    'cpu-usage-recent',
    'CPU of Falco',
    'CPU that the process used, 100 % being one full CPU; the highest of the chosen nodes in the graph. Known for young processes only, and not across a restart: a range of one hour serves processes of up to 20 hours.',
    '5m'
  ),
  figure(
    'probe-cpu-share',
    'CPU in Falco’s probes',
    'Share of all CPU time of the node that goes into Falco’s programs in the kernel.'
  ),
  {
    id: 'memory-rss',
    title: 'Memory of Falco',
    description: 'Resident memory, averaged over each side.',
    byNode: `max by (node) (avg_over_time(${memory}[$__range]))`,
    total: `sum(${memory})`,
  },
  {
    id: 'memory-rss',
    title: 'Memory per event a second',
    description:
      'Resident memory divided by kernel events per second. It takes the load out, roughly: most of the memory does not depend on it. Not to be compared across Falco 0.42, which halved the events.',
    byNode: `max by (node) (avg_over_time(${memory}[$__range])) / ${events(' by (node)', '$__range')}`,
    total: `sum(${memory}) / ${events('', '$__rate_interval')}`,
  },
];

function side(expr: string, word: string): string {
  return `label_replace(${expr}, "side", "${word}", "", "")`;
}

function panels({ id, title, description, byNode, total }: Figure, index: number) {
  const number = 10 * (index + 1);
  const sides = `${side(earlier(byNode), 'before')} or ${side(byNode, 'after')}`;
  const table = tablePanel(
    {
      id: number,
      title: `${title} by node`,
      description: `${description} Before, after, and the difference, the largest rise first. A side without a value cannot be known: no history, another process, or a switch that is off.`,
      w: 12,
      h: 8,
    },
    promql(sides, '', { format: 'table' }),
    'rise'
  )
    .withTransformation({
      id: 'groupingToMatrix',
      options: { columnField: 'side', rowField: 'node', valueField: 'Value', emptyValue: 'null' },
    })
    .withTransformation({
      id: 'calculateField',
      options: {
        mode: 'binary',
        alias: 'rise',
        binary: {
          left: { matcher: { id: 'byName', options: 'after' } },
          operator: '-',
          right: { matcher: { id: 'byName', options: 'before' } },
        },
        replaceFields: false,
      },
    })
    .withTransformation({
      id: 'organize',
      options: { excludeByName: {}, indexByName: {}, renameByName: { 'node\\side': 'node' } },
    })
    .overrideByName('rise', [{ id: 'custom.cellOptions', value: { type: 'auto' } }]);
  const graph = coarse(
    seriesPanel(
      {
        id: number + 1,
        title,
        description: `${description} Over all chosen nodes; both lines begin at the same place, so that the same moment before and after lie on each other.`,
        w: 12,
        h: 8,
      },
      [
        promql(total, 'after', { refId: 'A', instant: false }),
        promql(earlier(total), 'before', { refId: 'B', instant: false }),
      ]
    ),
    id
  );
  return [as(graph, id), as(table, id)];
}

export function beforeAfter(): Dashboard {
  return page({
    uid,
    title: 'Falco before and after',
    description: 'What did a roll-out, a change of rules or an event change: drops, time per run, CPU, memory?',
    groups: [
      {
        id: 1,
        help: '**Let the time range begin at the event**: the range is *after*, the same length before it is *before*. From *What changed* a click on the time of an event does that. A fair comparison has the same load on both sides and no other event in either: check the list.',
        panels: [changes(3, 24, 6), ...figures.flatMap(panels)],
      },
    ],
  }).build();
}
