import { withLabel } from '../../../src/signals/templates';
import { type AlertRule, bound, type Dialect, keepLast, nothingIsFine } from './rule';

/**
 * Number of nodes from which on a failure of more than half of them is attributed to the network.
 */
const aCluster = 4;

/**
 * Returns 1 for each cluster in which more than half of the instances do not respond, otherwise 0.
 */
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
    title: 'Falco down',
    signal: 'up',
    // All nodes of an unreachable cluster count as up here: another rule reports the cluster once.
    expr: (write) =>
      `clamp_max(min by (${write.node}) (${write.falcos}) + on (cluster) group_left () ${unreachable(write)}, 1)`,
    fires: { type: 'lt', bound: bound('up', 'critical') },
    when: 'the metrics endpoint does not respond; silent if more than half of a cluster does not respond',
    for: '2m',
    severity: 'critical',
    noData: 'Alerting',
    error: 'Error',
    look: { dashboard: 'Falco overview', panel: 'Falco up' },
    summary: ({ node }) => `Falco on ${node} does not respond`,
    description: () =>
      'The metrics endpoint has not responded for two minutes, the node has left service discovery, or no node is known at all. The node may be unmonitored.',
  },
  {
    uid: 'falco-cluster-unreachable',
    title: 'Falco cluster unreachable',
    signal: 'nodes-without-falco',
    expr: ({ falcos }) => `(1 - avg by (cluster) (${falcos})) * (count by (cluster) (${falcos}) >= bool ${aCluster})`,
    fires: { type: 'gt', bound: 0.5 },
    when: `more than half of the Falco instances of a cluster (with at least ${aCluster}) do not respond`,
    for: '2m',
    severity: 'critical',
    ...keepLast,
    look: { dashboard: 'Falco fleet and drift', panel: 'Falco up' },
    summary: ({ cluster, value }) =>
      `${value('humanizePercentage')} of the Falco instances of ${cluster} do not respond`,
    description: () =>
      'Check the network first. If so many instances fail at the same time, Falco is rarely the cause: usually a network policy, a firewall or the cluster itself blocks the connection, or a rollout failed. The alert for single nodes is silent for this cluster.',
  },
  {
    uid: 'falco-missing-instances',
    title: 'Falco instances missing',
    signal: 'missing-instances',
    expr: ({ falcos }) => {
      const wanted = 'sum by (cluster) (max by (cluster, entry) (falco_target_expected))';
      return `clamp_min(${wanted} - (count by (cluster) (${falcos}) or 0 * ${wanted}), 0)`;
    },
    fires: { type: 'gt', bound: 0 },
    when: 'there are fewer Falco instances than `expectedInstances` in the settings',
    for: '10m',
    severity: 'critical',
    ...nothingIsFine,
    look: { dashboard: 'Falco fleet and drift', panel: 'Nodes without Falco by reason' },
    summary: ({ cluster, value }) => `${value('printf "%.0f"')} Falco instances of ${cluster} are missing`,
    description: () =>
      'There are fewer Falco instances than the settings of the data source expect. The alert cannot name the nodes, because no Falco on them was ever scraped.',
  },
  {
    uid: 'falco-crash-loop',
    title: 'Falco crash loop',
    signal: 'crash-loops',
    fires: { type: 'gt', bound: 0 },
    when: 'the process started at least three times within 30 minutes',
    for: '0s',
    severity: 'critical',
    ...keepLast,
    look: { dashboard: 'Falco fleet and drift', panel: 'Restarts' },
    summary: ({ node }) => `Falco on ${node} is in a crash loop`,
    description: () =>
      'It started at least three times within half an hour. Between the restarts nothing monitors the node.',
  },
  {
    uid: 'falco-recurring-restarts',
    title: 'Falco restarts repeatedly',
    signal: 'recurring-restarts',
    expr: ({ node, figure }) => {
      const paces = ['recurring-restarts', 'slow-crash-loops'].map((id) => withLabel(`(${figure(id)})`, 'pace', id));
      return `max by (${node}) (${paces.join(' or ')})`;
    },
    fires: { type: 'gt', bound: 0 },
    when: 'the process started at least five times within 6 hours, six times within a day or ten times within a week; in three hours of a day or five hours of a week if neither a reboot nor a rollout explains it',
    for: '0s',
    severity: 'warning',
    ...keepLast,
    look: { dashboard: 'Falco fleet and drift', panel: 'Restarts' },
    summary: ({ node }) => `Falco on ${node} restarts repeatedly`,
    description: () =>
      'It started at least five times within 6 hours, six times within a day or ten times within a week, or in at least three hours of a day or five hours of a week without a reboot or a rollout: a crash loop that is slow, or a rollout that is repeated. Between the restarts nothing monitors the node.',
  },
  {
    uid: 'falco-connection-failures',
    title: 'Falco connection failures',
    signal: 'connection-failures',
    window: '30m',
    // If a whole cluster does not respond, another rule reports it once.
    expr: (write) =>
      `(${write.figure('connection-failures', '30m')}) * on (cluster) group_left () (1 - ${unreachable(write)})`,
    fires: { type: 'gt', bound: bound('connection-failures', 'warning') },
    when: `more than ${bound('connection-failures', 'warning')} connections within 30 minutes were refused, reset or cut off; silent if more than half of a cluster does not respond`,
    for: '0s',
    severity: 'warning',
    ...nothingIsFine,
    look: { dashboard: 'Falco fleet and drift', panel: 'Connection failures within 30 minutes' },
    summary: ({ node, value }) => `Connections to Falco on ${node} failed ${value('printf "%.0f"')} times`,
    description: () =>
      'Within half an hour, connections were repeatedly refused, reset or cut off. The network works, but the process is not there, or it terminates before or during each scrape. Such a crash loop never shows a start time, so the rule on crash loops cannot see it.',
  },
  {
    uid: 'falco-crash-while-scraped',
    title: 'Falco may have crashed while being scraped',
    signal: 'crashes-while-scraped',
    window: '1h',
    fires: { type: 'gt', bound: 0 },
    when: 'a response was cut off within an hour and followed by a new start time, with Falco up to 0.45.0',
    for: '0s',
    severity: 'warning',
    ...nothingIsFine,
    look: { dashboard: 'Falco fleet and drift', panel: 'Connection failures within 30 minutes' },
    summary: ({ node }) => `Falco on ${node} may have crashed while being scraped`,
    description: () =>
      'A response was cut off, and Falco has a new start time. Falco up to 0.45.0 can crash when two requests read its metrics at the same time; 0.45.1 fixes this. The data source never sends two at once, so something else scrapes this Falco too.',
  },
  {
    uid: 'falco-shared-kernel',
    title: 'Several Falco instances on one kernel',
    signal: 'instances-per-kernel',
    fires: { type: 'gt', bound: 1 },
    when: 'instances with different names report the same boot time, kernel and load of the host',
    for: '1h',
    severity: 'warning',
    ...nothingIsFine,
    look: { dashboard: 'Falco fleet and drift', panel: 'Instances per kernel' },
    summary: ({ node, value }) => `Falco on ${node} is one of ${value('printf "%.0f"')} instances on the same kernel`,
    description: () =>
      'Each of them sees every event of the host. Totals over nodes and the number of alerts are too high by that factor, and each instance costs CPU and memory.',
  },
  {
    uid: 'falco-hot-reload-failed',
    title: 'Falco hot reload failed',
    signal: 'hot-reload-failures',
    window: '1h',
    fires: { type: 'gt', bound: 0 },
    when: 'a hot restart failure was reported within an hour',
    for: '0s',
    severity: 'critical',
    ...nothingIsFine,
    look: { dashboard: 'Falco fleet and drift', panel: 'Stability in range' },
    summary: ({ node }) => `Falco on ${node} failed to load its changed rules or configuration`,
    description: () => 'It still uses the previous ones and appears healthy. Reported in an alert of its own.',
  },
  {
    uid: 'falco-event-timeouts',
    title: 'Falco receives no events',
    signal: 'event-timeouts',
    window: '15m',
    fires: { type: 'gt', bound: 0 },
    when: 'an event timeout message (a thousand timeouts without an event) was reported within 15 minutes',
    for: '0s',
    severity: 'warning',
    ...nothingIsFine,
    look: { dashboard: 'Falco fleet and drift', panel: 'Stability in range' },
    summary: ({ node }) => `Falco on ${node} receives no events`,
    description: () =>
      'Falco reported a thousand consecutive timeouts without an event: the host is idle, or the driver delivers no events. Reported in an alert of its own.',
  },
  {
    uid: 'falco-version-drift',
    title: 'Falco version drift',
    signal: 'version-drift',
    ...drift,
    when: 'the version of a node differs from that of more than half of the nodes',
    for: '1d',
    look: { dashboard: 'Falco fleet and drift', panel: 'Nodes with drift' },
    summary: ({ node }) => `Falco on ${node} has had a different version than the majority for a day`,
    description: () => 'A rollout usually takes less. It is stuck, or it left out this node.',
  },
  {
    uid: 'falco-rules-drift',
    title: 'Falco rules drift',
    signal: 'rules-drift',
    ...drift,
    when: 'the rules files of a node differ from those of more than half of the nodes',
    for: '1h',
    look: { dashboard: 'Falco fleet and drift', panel: 'Nodes with drift' },
    summary: ({ node }) => `Falco on ${node} has had different rules files than the majority for an hour`,
    description: () =>
      'It detects different threats than the other nodes. Files are compared by name and SHA-256; the inventory shows them.',
  },
  {
    uid: 'falco-config-drift',
    title: 'Falco configuration drift',
    signal: 'config-drift',
    ...drift,
    when: 'the configuration files of a node differ from those of more than half of the nodes',
    for: '1h',
    look: { dashboard: 'Falco fleet and drift', panel: 'Nodes with drift' },
    summary: ({ node }) => `Falco on ${node} has had different configuration files than the majority for an hour`,
    description: () =>
      'falco.yaml or a file that it includes differs. If node pools are configured differently on purpose, filter the rule by a target label or remove it.',
  },
  {
    uid: 'falco-baseline-drift',
    title: 'Falco differs from its pinned baseline',
    signal: 'version-baseline-drift',
    expr: ({ node, figure }) => {
      const pinned = ['version', 'rules', 'config'].map((of) =>
        withLabel(`(${figure(`${of}-baseline-drift`)})`, 'of', of)
      );
      return `max by (${node}) (${pinned.join(' or ')})`;
    },
    ...drift,
    ...nothingIsFine,
    when: 'version, rules files or configuration files differ from `baseline` in the settings',
    for: '1h',
    look: { dashboard: 'Falco fleet and drift', panel: 'Inventory' },
    summary: ({ node }) => `Falco on ${node} has differed from its pinned baseline for an hour`,
    description: () =>
      'Its version, rules files or configuration files differ from the baseline in the settings of the data source; the inventory shows which. They were changed without updating the baseline.',
  },
];
