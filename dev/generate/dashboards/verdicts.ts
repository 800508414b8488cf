/** The top of the overview: five verdicts, and the most important values. */
import { catalogue } from '../../../src/signals';
import { type DimensionId, type Signal } from '../../../src/signals/types';
import { toDashboard } from './links';
import { statPanel } from './panels';
import { checksOf, inCluster, signals, verdict, worst } from './queries';

/** The window of all values at the top. */
export const window = '5m';

/** Panels that alert rules link to. Do not change the ids. */
export const alertsLost = 4;

const dimensions: Array<{ id: DimensionId; uid: string; w: number; about: string }> = [
  { id: 'data-quality', uid: 'falco-data-quality', w: 5, about: 'losses' },
  { id: 'continuity', uid: 'falco-fleet', w: 5, about: 'availability and drift' },
  { id: 'resources', uid: 'falco-resources', w: 5, about: 'cost' },
  { id: 'delivery', uid: 'falco-delivery', w: 5, about: 'alert delivery' },
  { id: 'security', uid: 'falco-security', w: 4, about: 'detection capability' },
];
function tile({ id, uid, w, about }: (typeof dimensions)[number], index: number) {
  const title = catalogue.dimensions.find((dimension) => dimension.id === id)?.title ?? id;
  const description = `The worst verdict on ${about}, over all selected nodes and all checks. Unknown is not healthy: the table of checks gives the reason. Click for details.`;
  return statPanel({ id: 30 + index, title, description, w, h: 3 }, verdict(checksOf(id), window)).dataLinks([
    toDashboard(`Open ${title}`, uid),
  ]);
}

/** Six tiles in two rows: narrower ones have no room for their titles beside Grafana's menu. */
const tileSize = { w: 8, h: 3 };

/** The worst node of a signal, with its name. */
function worstNode(id: number, signalId: Signal['id'], title: string, description: string) {
  return statPanel({ id, title, description, ...tileSize }, worst(signalId, 1, { instant: true, window }), true);
}

export const verdicts = dimensions.map(tile);

export const figures = [
  statPanel(
    {
      id: 1,
      title: 'Without Falco',
      description:
        'Nodes of the selected clusters without a working Falco: it does not respond, responds but processes no events, or is missing although the settings expect it. Fleet and drift shows the reasons.',
      ...tileSize,
    },
    signals(['nodes-without-falco'], { groupBy: [], filters: [inCluster], instant: true })
  ),
  statPanel(
    {
      id: 2,
      title: 'Instances up',
      description:
        'Nodes whose Falco responds. Compare with the number of nodes you have: nodes that were never configured are unknown here.',
      ...tileSize,
    },
    signals(['nodes-by-version'], { groupBy: [], instant: true })
  ),
  worstNode(
    3,
    'kernel-drop-ratio',
    'Highest drops',
    'The node with the largest share of dropped kernel events in the last five minutes. Up to 2 % is acceptable on busy machines. Nodes without events have no share and are not shown.'
  ),
  statPanel(
    {
      id: alertsLost,
      title: 'Dropped alerts',
      description:
        'Alerts dropped in the last five minutes because the outputs queue was full, over all selected nodes. Only a bounded queue (outputs_queue.capacity) drops alerts.',
      ...tileSize,
    },
    signals(['outputs-queue-drops'], { groupBy: [], window, instant: true })
  ),
  worstNode(
    5,
    'server-load',
    'Highest load',
    'The node with the most syscalls per second and CPU in the last five minutes, before Falco filters. Requires BPF statistics; nodes without them are not shown.'
  ),
  worstNode(
    6,
    'uptime',
    'Latest restart',
    'The responding Falco that started last, and how long ago; the table shows instances that are down. A short time that no rollout explains is a crash.'
  ),
];
