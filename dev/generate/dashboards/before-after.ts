import { AnnotationQueryBuilder, type Dashboard } from '@grafana/grafana-foundation-sdk/dashboard';
import { changes } from './changes';
import { dimensionLink } from './links';
import { page } from './page';
import { coarse, linked, seriesPanel, tablePanel, without } from './panels';
import { columns, datasource, inCluster, signal, signals, tableOf } from './queries';

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
      h: 10,
    },
    columns([id], { groupBy: ['$identity'], window: '$__range', compare }),
    'Change'
  );
  const graph = seriesPanel(
    {
      id: number + 1,
      title,
      description: `${description} Over all selected nodes. Both lines start at the same position.`,
      w: 12,
      h: 10,
    },
    [signals([id], { groupBy: [], window, compare })]
  );
  return [linked(coarse(graph, id), dimensionLink(signal(id).dimension), id), table];
}

/** Figures, and the load that they follow, over all selected nodes. */
function everyFigure() {
  return tablePanel(
    {
      id: 9,
      title: 'Before and after',
      description:
        'Each figure over all selected nodes within the time range, and over the same length of time before it. For a fair comparison, the load is the same. CPU and memory are those of the node with the most. A figure is unknown if a period has no value: no history, another process, or a setting that is off.',
      w: 24,
      h: 10,
    },
    columns([...figures.map(({ id }) => id), 'kernel-event-rate', 'server-load'], {
      groupBy: [],
      window: '$__range',
      compare,
    })
  );
}

/** A change is compared on whole clusters, because the nodes that did not change are the comparison. */
const ofClusters = [inCluster];

const time = [
  { id: 'custom.width', value: 130 },
  { id: 'unit', value: 'time:MM-DD HH:mm:ss' },
];

function latestChange() {
  const panel = tablePanel(
    {
      id: 4,
      title: 'Impact of the latest change',
      description:
        'The latest change of Falco within the range, the first one in the table below. Before and after: mean of the changed nodes within an hour. Change: that of the changed nodes without that of the unchanged nodes, normalised by server load. All intervals of a change hold together with 95 % confidence. Nodes: changed / unchanged. See docs/impact.md for the method.',
      w: 24,
      h: 16,
    },
    tableOf('impact', { limit: 1, filters: ofClusters })
  )
    .noValue('No change of Falco in this range, or no values around it. See the panel’s notice.')
    .overrideByRegexp('^(Subject|Nodes)$', [{ id: 'custom.width', value: 65 }])
    .overrideByRegexp('^(Before|After)$', [{ id: 'custom.width', value: 74 }])
    .overrideByRegexp('^(Unchanged nodes|Change)$', [{ id: 'custom.width', value: 92 }])
    .overrideByName('95 % interval', [{ id: 'custom.width', value: 130 }])
    .overrideByName('Figure', [{ id: 'custom.width', value: 170 }])
    .overrideByName('Verdict', [{ id: 'custom.minWidth', value: 170 }]);
  // All rows are about one change, which is the first one of the table below.
  return without(panel, ['Cluster', 'Time', 'Change of Falco']);
}

function allChanges() {
  const panel = tablePanel(
    {
      id: 5,
      title: 'Impact of each change',
      description:
        'The changes of Falco within the range, at most ten, latest first: which figures changed measurably, and how many did not. Nodes: changed / unchanged.',
      w: 24,
      h: 8,
    },
    tableOf('impact', { groupBy: ['change'], filters: ofClusters })
  )
    .noValue('No change of Falco in this range.')
    .overrideByName('time', time)
    // Without clusters, the cells would show the text of the empty panel.
    .overrideByName('Cluster', [{ id: 'noValue', value: '–' }])
    .overrideByRegexp('^(Level|Nodes)$', [{ id: 'custom.width', value: 85 }])
    .overrideByName('Change of Falco', [{ id: 'custom.width', value: 240 }]);
  return without(panel, ['timeEnd', 'tags', 'Tags']);
}

/** Changes of Falco, with their impact in words. */
function impact(): AnnotationQueryBuilder {
  return new AnnotationQueryBuilder()
    .name('Impact')
    .datasource(datasource)
    .enable(true)
    .hide(false)
    .iconColor('purple')
    .target(tableOf('impact', { refId: 'Impact', groupBy: ['change'], filters: ofClusters }));
}

export function beforeAfter(): Dashboard {
  return page({
    uid,
    title: 'Falco before and after',
    description: 'What did a change of Falco do to the nodes and to its own cost: pressure, drops, CPU, memory?',
    step: 'investigation',
    from: 'now-6h',
    annotations: [impact()],
    groups: [
      {
        id: 1,
        help: 'The first table compares **the time range** with the same length of time before it: let the range begin at the event. The tables of impact compare **each change of Falco** with the nodes of its cluster that did not change, an hour before and an hour after it, whatever _Node_ selects. _Not enough data_ is not _no change_: a verdict needs four changed nodes and 30 minutes after the change.',
        panels: [everyFigure(), latestChange(), allChanges(), changes(3, 24, 6)],
      },
      {
        id: 6,
        title: 'By node, before and within the time range',
        help: '**Let the time range begin at the event**: the range is *after*, and the same length before it is *before*. Clicking the time of an event in *Changes* sets the range. These panels have no comparison group: for a fair comparison, both periods have the same load and contain no other event.',
        panels: figures.flatMap(panels),
      },
    ],
  }).build();
}
