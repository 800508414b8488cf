import { links } from '../links';
import { exportedAlways, kernelCounter } from '../needs';
import { anyGrouping, falcoUp, withLabel } from '../templates';
import { combineReasons } from '../data-quality/stall';
import { type Signal, type Thresholds } from '../types';

const duration = 'falcosecurity_falco_duration_seconds_total';
/**
 * Number of Falco instances that the settings expect: the value applies to all targets of an entry
 * together and is written for each of them.
 */
const expected = 'falco_target_expected';
/** Expected instances of all entries of a cluster. */
const wanted = `sum by (cluster) (max by (cluster, entry) (${expected}{$filter}))`;

const missing = `clamp_min(${wanted} - (count by (cluster) (${falcoUp}) or 0 * ${wanted}), 0)`;
const answering = (vector: string) => `(max without (reason) (${vector}) and on ($identity) ${falcoUp} == 1)`;
const notWorking = [
  withLabel(`(${falcoUp} == bool 0)`, 'reason', 'down'),
  withLabel(answering(combineReasons(['nearly all dropped', 'no look-ups', 'frozen metrics'])), 'reason', 'stalled'),
  withLabel(answering(combineReasons(['no events'])), 'reason', 'blind'),
  withLabel(missing, 'reason', 'missing'),
];

/** Kubernetes nodes whose name no Falco has reported within an hour. */
function nodesWithoutFalco(): string {
  const known = 'last_over_time(falcosecurity_evt_hostname_info[1h])';
  const nodes = (matcher: string) =>
    `group by (cluster, hostname) (label_replace(kube_node_info{${matcher},$filter}, "hostname", "$1", "node", "(.+)"))`;
  // Often only Falco's job has a cluster label. The host name alone must match then.
  return `${nodes('cluster!=""')} unless on (cluster, hostname) ${known} or ${nodes('cluster=""')} unless on (hostname) ${known}`;
}

const unwatched: Thresholds = {
  direction: 'above',
  critical: 1,
  because: 'Nothing monitors a node without Falco.',
  source: links.performance,
};

export const liveness: Signal[] = [
  {
    id: 'up',
    title: 'Falco up',
    dimension: 'continuity',
    unit: 'short',
    decimals: 0,
    min: 0,
    max: 1,
    summary: "Whether Falco's metrics endpoint responds: 1 yes, 0 no",
    description:
      "Whether the last scrape of the node's Falco returned metrics. 0 also stands for a node whose Falco left service discovery, for up to an hour or until it responds from another address. A response means that Falco's web server works, not that events flow: compare with kernel-event-rate. Groups show 0 if one of their nodes is down. Falcosidekick and node_exporter are not included.",
    expr: `min by ($groupBy) (${falcoUp})`,
    groupBy: { default: ['$identity'], allowed: [] },
    needs: [],
    thresholds: {
      direction: 'below',
      critical: 1,
      because: 'A node whose Falco does not respond may be unmonitored.',
      source: links.metrics,
    },
    advice: [
      {
        when: 'Nothing responds at the address.',
        change:
          'Check whether Falco runs and why it stopped, that webserver.enabled, webserver.listen_address and webserver.listen_port match the target, and that network policies allow traffic from the Grafana server.',
        cost: 'None.',
      },
      {
        when: 'It returns 404 for longer than Falco takes to start.',
        change: 'Set metrics.enabled: true and webserver.prometheus_metrics_enabled: true.',
        cost: "Each scrape walks Falco's thread table once.",
      },
    ],
    link: links.metrics,
    values: [
      { value: 0, text: 'down', level: 'critical' },
      { value: 1, text: 'up', level: 'ok' },
    ],
  },
  {
    id: 'uptime',
    title: 'Uptime',
    dimension: 'continuity',
    unit: 'dtdhms',
    min: 0,
    summary: 'Time since the Falco process started',
    description:
      'Seconds since the process started, as counted by Falco: unlike a difference from the start time, this is not affected by different clocks of node and Grafana. It falls to 0 at a restart and continues across a hot reload of rules or configuration. Groups show the minimum, the latest restart.',
    expr: `min by ($groupBy) (${duration}{$filter}$join)`,
    groupBy: { default: ['$identity'], allowed: anyGrouping },
    needs: [exportedAlways(duration)],
    worst: 'min',
    advice: [
      {
        when: 'It repeatedly falls to 0.',
        change:
          'Find out why the process terminated: out of memory (raise the limit, or set outputs_queue.capacity), a rule or setting that does not load, or a failed liveness probe of /healthz.',
        cost: 'None.',
      },
    ],
    link: links.metrics,
  },
  {
    id: 'nodes-without-falco',
    title: 'Nodes without Falco',
    dimension: 'continuity',
    unit: 'short',
    decimals: 0,
    min: 0,
    summary: 'Nodes without a working Falco',
    description:
      "Counted by reason. down: the endpoint does not respond, or the node's Falco left service discovery within the last hour (notices and health check distinguish starting, vanished and unreachable). stalled: Falco responds, but hardly any event reaches its rules. blind: Falco responds, but its driver delivers no events (see stalled, which uses the same window). missing: there are fewer instances than the settings expect (see missing-instances). Without an expected number, nodes that never had a Falco are unknown. The signal counts whole clusters and cannot be filtered by node.",
    expr: `sum by ($groupBy) (${notWorking.join(' or ')})`,
    inStore: {
      expr: `sum by ($groupBy) (${[...notWorking, withLabel(`(${nodesWithoutFalco()})`, 'reason', 'no Falco')].join(' or ')})`,
      metrics: ['kube_node_info'],
      extraDescription:
        'Prometheus has the list of nodes from kube-state-metrics: the reason no Falco counts nodes whose host name no Falco has reported within an hour.',
    },
    groupBy: { default: ['cluster'], allowed: ['reason'] },
    clusterScoped: true,
    maxWindow: '2m',
    needs: [kernelCounter('falcosecurity_scap_n_evts_total')],
    comparesNodes: true,
    thresholds: unwatched,
    advice: [
      {
        when: 'Many nodes of a cluster fail at the same time.',
        change: 'Check the network between Grafana and the cluster first: Falco may be running.',
        cost: 'None.',
      },
      {
        when: 'Nodes are missing.',
        change:
          'Check that the DaemonSet tolerates the taints of those nodes, and that expectedInstances in the settings of the target is right.',
        cost: 'None.',
      },
    ],
    link: links.performance,
  },
  {
    id: 'missing-instances',
    title: 'Missing instances',
    dimension: 'continuity',
    unit: 'short',
    decimals: 0,
    min: 0,
    summary: 'Falco instances that the settings expect in a cluster but that are not known',
    description:
      'The sum of expectedInstances over the targets of a cluster minus the number of known Falco instances, whether they respond or not. It is 0 if there are enough. An instance that left service discovery stays known for an hour. The signal counts whole clusters and cannot be filtered by node.',
    expr: `sum by ($groupBy) (${missing})`,
    groupBy: { default: ['cluster'], allowed: [] },
    clusterScoped: true,
    needs: [],
    thresholds: unwatched,
    advice: [
      {
        when: 'Some nodes have no Falco.',
        change:
          'Check that the DaemonSet tolerates the taints of those nodes (tolerations in the Helm chart) and that its pods can be scheduled there.',
        cost: "Falco's resources on those nodes.",
      },
      {
        when: 'The cluster was scaled down.',
        change: 'Correct expectedInstances in the settings of the target.',
        cost: 'None.',
      },
    ],
    link: links.performance,
    noValueReason: 'The settings do not say how many Falco instances to expect (expectedInstances of a target)',
  },
  {
    id: 'availability-ratio',
    title: 'Availability',
    dimension: 'continuity',
    unit: 'percentunit',
    decimals: 3,
    min: 0,
    max: 1,
    summary: 'Share of scrapes within the window to which Falco responded',
    description:
      'Successful scrapes divided by all scrapes within the window since the node became known; use a window of hours or days. An outage between two scrapes is not noticed. Groups show the mean of their nodes.',
    expr: `avg by ($groupBy) (avg_over_time(${falcoUp}[$window]))`,
    groupBy: { default: ['$identity'], allowed: [] },
    needs: [],
    worst: 'min',
    advice: [],
    link: links.performance,
  },
  {
    id: 'downtime',
    title: 'Downtime',
    dimension: 'continuity',
    unit: 'dtdhms',
    min: 0,
    summary: 'Time within the window in which Falco did not respond',
    description:
      'The share of failed scrapes within the window, multiplied by the part of the window in which the node was known, in steps of 15 seconds. The resolution is the scrape interval. Groups show the sum: two nodes down for a minute make two minutes.',
    expr: `sum by ($groupBy) ((1 - avg_over_time(${falcoUp}[$window])) * count_over_time(${falcoUp}[$window:15s]) * 15)`,
    groupBy: { default: ['$identity'], allowed: [] },
    needs: [],
    advice: [],
    link: links.performance,
    noValueReason: 'It has been known for less than 15 seconds',
  },
];
