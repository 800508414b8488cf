/** The top of the overview: five verdicts, and the most important values. */
import { catalogue } from '../../../src/signals';
import { type Signal } from '../../../src/signals/types';
import { dashboardLink, dimensionUids, nodeLink } from './links';
import { linked, statPanel, verdictsPanel } from './panels';
import { inCluster, signals, tableOf, worst, type Target } from './queries';

/** The window of all values at the top. */
export const window = '5m';

/** Panels that alert rules link to. Do not change the ids. */
export const alertsLost = 4;

/** One tile per dimension, all in one panel: 24 columns cannot be divided by five. */
export const verdicts = verdictsPanel(
  {
    id: 30,
    title: 'Verdicts',
    description:
      'The worst verdict of all checks of each dimension, over all selected nodes. Unknown is not healthy: the table of checks gives the reason. Click a verdict for the dashboard of its dimension.',
    w: 24,
    h: 4,
  },
  tableOf('health', { groupBy: ['dimension'], format: 'timeseries', window }),
  Object.fromEntries(catalogue.dimensions.map(({ id, title }) => [title, dimensionUids[id]]))
);

/** Four tiles in one row. Narrower ones have no room for their titles beside Grafana’s icons and menu. */
const tileSize = { w: 6, h: 3 };

/** The worst node of a signal, with its name. */
function worstNode(id: number, signalId: Signal['id'], title: string, description: string) {
  const query = worst(signalId, 1, { instant: true, window });
  const tile = statPanel({ id, title, description, ...tileSize }, query, true);
  return linked(tile, nodeLink('${__field.labels.node:percentencode}'), signalId);
}

/** A total over the selected nodes. A click opens the dashboard `uid`, whose title is `name`. */
function total(
  place: { id: number; title: string; description: string },
  query: Target,
  signalId: Signal['id'],
  name: string,
  uid: string
) {
  return linked(statPanel({ ...place, ...tileSize }, query), dashboardLink(`Open ${name}`, uid), signalId);
}

export const figures = [
  total(
    {
      id: 1,
      title: 'Without Falco',
      description:
        'Nodes of the selected clusters without a working Falco: it does not respond, responds but processes no events, or is missing although the settings expect it. Fleet and drift shows the reasons.',
    },
    signals(['nodes-without-falco'], { groupBy: [], filters: [inCluster], instant: true }),
    'nodes-without-falco',
    'fleet and drift',
    'falco-fleet'
  ),
  total(
    {
      id: 2,
      title: 'Instances up',
      description:
        'Nodes whose Falco responds. Compare with the number of nodes you have: nodes that were never configured are unknown here.',
    },
    signals(['nodes-by-version'], { groupBy: [], instant: true }),
    'nodes-by-version',
    'fleet and drift',
    'falco-fleet'
  ),
  worstNode(
    3,
    'kernel-drop-ratio',
    'Highest drops',
    'The node with the largest share of dropped kernel events in the last five minutes. Up to 2 % is acceptable on busy machines. Nodes without events have no share and are not shown.'
  ),
  total(
    {
      id: alertsLost,
      title: 'Dropped alerts',
      description:
        'Alerts dropped in the last five minutes because the outputs queue was full, over all selected nodes. Only a bounded queue (outputs_queue.capacity) drops alerts.',
    },
    signals(['outputs-queue-drops'], { groupBy: [], window, instant: true }),
    'outputs-queue-drops',
    'delivery',
    'falco-delivery'
  ),
];
