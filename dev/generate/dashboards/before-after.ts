import { type Dashboard } from '@grafana/grafana-foundation-sdk/dashboard';
import { changes } from './changes';
import { page } from './page';
import { coarse, seriesPanel, tablePanel } from './panels';
import { columns, signal, signals } from './queries';

export const uid = 'falco-before-after';

/** A signal, and the window of its graph if it differs from that of the query. */
const figures: Array<{ id: string; description: string; window?: string }> = [
  { id: 'kernel-drop-ratio', description: 'Share of the events that never reached Falco.' },
  {
    id: 'probe-run-time',
    description:
      'Nanoseconds per run of Falco’s BPF programs, averaged over all programs. It shows the kernel-side cost per event, whatever the load.',
  },
  {
    id: 'cpu-usage-ratio',
    description:
      'CPU that the process used; 100 % is one full CPU. The graph shows the maximum of the selected nodes. Known only for young processes and not across a restart: with a range of one hour, for processes up to 20 hours old.',
    window: '5m',
  },
  {
    id: 'probe-cpu-ratio',
    description: 'Share of the node’s CPU time spent in Falco’s BPF programs.',
  },
  {
    id: 'memory-rss-avg',
    description: 'Resident memory, averaged over each period. The graph shows the maximum of the selected nodes.',
  },
  {
    id: 'memory-per-event',
    description:
      'Resident memory divided by kernel events per second. It roughly normalises by load, although most of the memory does not depend on it. Do not compare across Falco 0.42, which halved the events.',
  },
];

/** Adds the time before the range, for the length of the range. */
const compare = '$__range';

function panels({ id, description, window }: (typeof figures)[number], index: number) {
  const number = 10 * (index + 1);
  const { title } = signal(id);
  const table = tablePanel(
    {
      id: number,
      title: `${title} by node`,
      description: `${description} Before, after, and the change, sorted by the largest increase. A period without a value is unknown: no history, another process, or a setting that is off.`,
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
      description: `${description} Over all selected nodes. Both lines start at the same position.`,
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
    description: 'What did a rollout, a change of rules or an event change: drops, time per run, CPU, memory?',
    groups: [
      {
        id: 1,
        help: '**Let the time range begin at the event**: the range is *after*, and the same length before it is *before*. Clicking the time of an event in *Changes* sets the range. For a fair comparison, both periods have the same load and contain no other event: check the list.',
        panels: [changes(3, 24, 6), ...figures.flatMap(panels)],
      },
    ],
  }).build();
}
