import { type Dashboard } from '@grafana/grafana-foundation-sdk/dashboard';
import { changes } from './changes';
import { page } from './page';
import { coarse, seriesPanel, tablePanel } from './panels';
import { columns, signal, signals } from './queries';

export const uid = 'falco-before-after';

/** A signal, and the window of its graph where that is not the query's. */
const figures: Array<{ id: string; description: string; window?: string }> = [
  { id: 'kernel-drop-ratio', description: 'Share of the events that never reached Falco.' },
  {
    id: 'probe-run-time',
    description:
      'Nanoseconds that one run of Falco’s programs takes, the mean of all programs. It tells what the kernel side costs for one event, whatever the load.',
  },
  {
    id: 'cpu-usage-ratio',
    description:
      'CPU that the process used, 100 % being one full CPU; the highest of the chosen nodes in the graph. Known for young processes only, and not across a restart: a range of one hour serves processes of up to 20 hours.',
    window: '5m',
  },
  {
    id: 'probe-cpu-ratio',
    description: 'Share of all CPU time of the node that goes into Falco’s programs in the kernel.',
  },
  {
    id: 'memory-rss-avg',
    description: 'Resident memory, averaged over each side; the highest of the chosen nodes in the graph.',
  },
  {
    id: 'memory-per-event',
    description:
      'Resident memory divided by kernel events per second. It takes the load out, roughly: most of the memory does not depend on it. Not to be compared across Falco 0.42, which halved the events.',
  },
];

/** With the time before the range, as long as the range is. */
const compare = '$__range';

function panels({ id, description, window }: (typeof figures)[number], index: number) {
  const number = 10 * (index + 1);
  const { title } = signal(id);
  const table = tablePanel(
    {
      id: number,
      title: `${title} by node`,
      description: `${description} Before, after, and the change, the largest rise first. A side without a value cannot be known: no history, another process, or a switch that is off.`,
      w: 12,
      h: 8,
    },
    columns([id], { groupBy: ['$identity'], window: '$__range', compare }),
    'change'
  );
  const graph = seriesPanel(
    {
      id: number + 1,
      title,
      description: `${description} Over all chosen nodes; both lines begin at the same place, so that the same moment before and after lie on each other.`,
      w: 12,
      h: 8,
    },
    [signals([id], { groupBy: [], window, compare })]
  );
  return [coarse(graph, id), table];
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
