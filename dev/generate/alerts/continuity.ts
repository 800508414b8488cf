import { named } from '../../../src/signals/templates';
import { type AlertRule, bound, type Dialect, keepLast, nothingIsFine } from './rule';

/** From this number of nodes on, more than half of them failing at once is taken for the network's fault. */
const aCluster = 4;

/** 1 for each cluster of which more than half does not answer, else 0. */
const unreachable = ({ falcos }: Dialect) =>
  `(avg by (cluster) (${falcos}) < bool 0.5) * (count by (cluster) (${falcos}) >= bool ${aCluster})`;

const drift = {
  fires: { type: 'gt', bound: 0 },
  severity: 'warning',
  ...keepLast,
} as const;

export const continuity: AlertRule[] = [
  {
    uid: 'falco-node-down',
    title: 'Node without a working Falco',
    signal: 'up',
    // Of an unreachable cluster every node counts as up: there it is told once.
    expr: (write) =>
      `clamp_max(min by (${write.node}) (${write.falcos}) + on (cluster) group_left () ${unreachable(write)}, 1)`,
    fires: { type: 'lt', bound: bound('up', 'critical') },
    when: 'the metrics endpoint does not answer; silent where more than half of a cluster does not',
    for: '2m',
    severity: 'critical',
    noData: 'Alerting',
    error: 'Error',
    look: { dashboard: 'Falco overview', panel: 'Falco up' },
    summary: ({ node }) => `Falco on ${node} does not answer`,
    description: () =>
      'The metrics endpoint has not answered for two minutes, or the node has left service discovery, or no node is known at all. The node may not be watched.',
  },
  {
    uid: 'falco-cluster-unreachable',
    title: 'Most Falcos of a cluster do not answer',
    signal: 'nodes-without-falco',
    expr: ({ falcos }) => `(1 - avg by (cluster) (${falcos})) * (count by (cluster) (${falcos}) >= bool ${aCluster})`,
    fires: { type: 'gt', bound: 0.5 },
    when: `more than half of a cluster’s Falcos (of ${aCluster} or more) do not answer`,
    for: '2m',
    severity: 'critical',
    ...keepLast,
    look: { dashboard: 'Falco fleet and drift', panel: 'Falco up' },
    summary: ({ cluster, value }) =>
      `${value('humanizePercentage')} of the Falcos of ${cluster} do not answer: look at the network first`,
    description: () =>
      'So many at one time seldom are Falco’s fault: more likely the way to them is shut, by a network policy, a firewall or the cluster itself, or a roll-out went wrong everywhere. The alert for single nodes is silent for this cluster meanwhile.',
  },
  {
    uid: 'falco-missing-instances',
    title: 'Fewer Falcos than expected',
    signal: 'missing-instances',
    expr: ({ falcos }) => {
      const wanted = 'sum by (cluster) (max by (cluster, entry) (falco_target_expected))';
      return `clamp_min(${wanted} - (count by (cluster) (${falcos}) or 0 * ${wanted}), 0)`;
    },
    fires: { type: 'gt', bound: 0 },
    when: 'fewer Falcos are known than `expected` of the settings says',
    for: '10m',
    severity: 'critical',
    ...nothingIsFine,
    look: { dashboard: 'Falco fleet and drift', panel: 'Nodes without Falco by reason' },
    summary: ({ cluster, value }) => `${value('printf "%.0f"')} Falcos of ${cluster} were never seen`,
    description: () =>
      'Fewer Falcos are known than the settings of the data source expect. The nodes that lack one cannot be named: they never had a Falco that was scraped.',
  },
  {
    uid: 'falco-crash-loop',
    title: 'Falco starts again and again',
    signal: 'crash-loops',
    fires: { type: 'gt', bound: 0 },
    when: 'the process started three times or more within 30 minutes',
    for: '0s',
    severity: 'critical',
    ...keepLast,
    look: { dashboard: 'Falco fleet and drift', panel: 'Restarts' },
    summary: ({ node }) => `Falco on ${node} is in a crash loop`,
    description: () =>
      'It started three times or more within half an hour. Between the starts nobody watches the node.',
  },
  {
    uid: 'falco-hot-reload-failed',
    title: 'Falco could not load its changed rules',
    signal: 'hot-reload-failures',
    window: '1h',
    fires: { type: 'gt', bound: 0 },
    when: 'Falcosidekick was told of a failed hot restart within an hour',
    for: '0s',
    severity: 'critical',
    ...nothingIsFine,
    look: { dashboard: 'Falco fleet and drift', panel: 'Steadiness' },
    summary: ({ node }) => `Falco on ${node} could not load its changed rules or settings`,
    description: () => 'It runs on with those of before, and looks healthy. Known through Falcosidekick.',
  },
  {
    uid: 'falco-event-timeouts',
    title: 'Falco waits in vain for events',
    signal: 'event-timeouts',
    window: '15m',
    fires: { type: 'gt', bound: 0 },
    when: 'Falcosidekick was told of a thousand waits without an event within 15 minutes',
    for: '0s',
    severity: 'warning',
    ...nothingIsFine,
    look: { dashboard: 'Falco fleet and drift', panel: 'Steadiness' },
    summary: ({ node }) => `Falco on ${node} waited in vain for events`,
    description: () =>
      'A thousand waits in a row brought no event: the host is idle, or the driver delivers nothing. Known through Falcosidekick.',
  },
  {
    uid: 'falco-version-drift',
    title: 'Falco differs in version',
    signal: 'version-drift',
    ...drift,
    when: 'a node’s version is not that of more than half of the nodes',
    for: '1d',
    look: { dashboard: 'Falco fleet and drift', panel: 'Nodes that differ' },
    summary: ({ node }) => `Falco on ${node} has had another version than most for a day`,
    description: () => 'A roll-out takes less than that, as a rule: it stands still, or left this node out.',
  },
  {
    uid: 'falco-rules-drift',
    title: 'Falco differs in rules',
    signal: 'rules-drift',
    ...drift,
    when: 'a node’s rules files are not those of more than half of the nodes',
    for: '1h',
    look: { dashboard: 'Falco fleet and drift', panel: 'Nodes that differ' },
    summary: ({ node }) => `Falco on ${node} has had other rules files than most for an hour`,
    description: () =>
      'It detects other things than the others do. Compared by file name and SHA-256; the inventory shows the files.',
  },
  {
    uid: 'falco-config-drift',
    title: 'Falco differs in settings',
    signal: 'config-drift',
    ...drift,
    when: 'a node’s settings files are not those of more than half of the nodes',
    for: '1h',
    look: { dashboard: 'Falco fleet and drift', panel: 'Nodes that differ' },
    summary: ({ node }) => `Falco on ${node} has had other settings files than most for an hour`,
    description: () =>
      'falco.yaml, or a file that it names, differs. Where node pools have settings of their own, that is as it should be: filter the rule by a target label, or leave it out.',
  },
  {
    uid: 'falco-baseline-drift',
    title: 'Falco is not what was pinned',
    signal: 'version-baseline-drift',
    expr: ({ node, figure }) => {
      const pinned = ['version', 'rules', 'config'].map((of) => named(`(${figure(`${of}-baseline-drift`)})`, 'of', of));
      return `max by (${node}) (${pinned.join(' or ')})`;
    },
    ...drift,
    ...nothingIsFine,
    when: 'version, rules files or settings files are not what `expected` of the settings pins',
    for: '1h',
    look: { dashboard: 'Falco fleet and drift', panel: 'Inventory' },
    summary: ({ node }) => `Falco on ${node} has not been what was pinned for an hour`,
    description: () =>
      'Its version, its rules files or its settings files are not what the settings of the data source pin; the inventory says which. Whoever changed them did so without changing the pin.',
  },
];
