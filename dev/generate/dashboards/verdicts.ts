/** The top of the overview: five verdicts, and the figures that one looks for first. */
import { catalogue } from '../../../src/signals';
import { type DimensionId, type Signal } from '../../../src/signals/types';
import { toDashboard } from './links';
import { statPanel } from './panels';
import { checksOf, inCluster, signals, verdict, worst } from './queries';

/** Panels that alert rules lead to; the numbers must stay. */
export const alertsLost = 4;

const dimensions: Array<{ id: DimensionId; uid: string; w: number; about: string }> = [
  { id: 'data-quality', uid: 'falco-data-quality', w: 5, about: 'what Falco misses' },
  { id: 'continuity', uid: 'falco-fleet', w: 5, about: 'whether Falco is up, and the same, everywhere' },
  { id: 'resources', uid: 'falco-resources', w: 5, about: 'what Falco costs' },
  { id: 'delivery', uid: 'falco-delivery', w: 5, about: 'whether alerts arrive' },
  { id: 'security', uid: 'falco-security', w: 4, about: 'whether Falco still detects' },
];
function tile({ id, uid, w, about }: (typeof dimensions)[number], index: number) {
  const title = catalogue.dimensions.find((dimension) => dimension.id === id)?.title ?? id;
  const description = `The worst verdict on ${about}, over all chosen nodes and all checks. Unknown is no good news: something could not be told, and the table of checks says why. Click to see more.`;
  return statPanel({ id: 30 + index, title, description, w, h: 3 }, verdict(checksOf(id))).dataLinks([
    toDashboard(`${title} in depth`, uid),
  ]);
}

/** Six of them in two rows: narrower ones have no room for their titles beside Grafana's menu. */
const tileSize = { w: 8, h: 3 };

/** The worst node of a signal, named. */
function worstNode(id: number, signalId: Signal['id'], title: string, description: string) {
  return statPanel({ id, title, description, ...tileSize }, worst(signalId, 1, { instant: true, window: '5m' }), true);
}

export const verdicts = dimensions.map(tile);

export const figures = [
  statPanel(
    {
      id: 1,
      title: 'Without Falco',
      description:
        'Nodes of the chosen clusters that no working Falco watches: it does not answer, answers and reads no events, or was never seen although the settings expect it. Fleet and drift tells them apart.',
      ...tileSize,
    },
    signals(['nodes-without-falco'], { groupBy: [], filters: [inCluster], instant: true })
  ),
  statPanel(
    {
      id: 2,
      title: 'Answering',
      description:
        'Nodes whose Falco answers. Compare it with the number of nodes that you have: a node that was never configured cannot be missed here.',
      ...tileSize,
    },
    signals(['nodes-by-version'], { groupBy: [], instant: true })
  ),
  worstNode(
    3,
    'kernel-drop-ratio',
    'Worst drops',
    'The node that lost the largest share of the kernel’s events in the last five minutes. Up to 2 % is held to be acceptable on busy machines; a node without any event has no share and is not shown.'
  ),
  statPanel(
    {
      id: alertsLost,
      title: 'Alerts lost',
      description:
        'Alerts thrown away within the chosen time range since the outputs queue was full, over all chosen nodes. Only a queue with a bound (outputs_queue.capacity) can lose any.',
      ...tileSize,
    },
    signals(['outputs-queue-drops'], { groupBy: [], window: '$__range', instant: true })
  ),
  worstNode(
    5,
    'server-load',
    'Highest load',
    'The node that made most system calls per second and CPU in the last five minutes, before any filter of Falco. Needs statistics of BPF programs; nodes without them are not shown.'
  ),
  worstNode(
    6,
    'uptime',
    'Latest restart',
    'Of the Falcos that answer, the one that started last, and how long ago; one that is down just now stands in the table. A short time that you cannot explain by a roll-out is a crash.'
  ),
];
