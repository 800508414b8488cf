import { links } from '../links';
import { always, kernelCounter } from '../needs';
import { anyGrouping, named } from '../templates';
import { stalledFor } from '../data-quality/stall';
import { type Signal, type Thresholds } from '../types';

const duration = 'falcosecurity_falco_duration_seconds_total';
/** How many Falcos the settings expect: on each target of an entry, the number for all of them. */
const expected = 'falco_target_expected';
/** Of all entries of a cluster. */
const wanted = `sum by (cluster) (max by (cluster, entry) (${expected}{$filter}))`;
const falcos = 'up{kind!="falcosidekick",$filter}';

const missing = `clamp_min(${wanted} - (count by (cluster) (${falcos}) or 0 * ${wanted}), 0)`;
const answering = (vector: string) => `(max without (reason) (${vector}) and on ($identity) ${falcos} == 1)`;
const notWorking = [
  named(`(${falcos} == bool 0)`, 'reason', 'down'),
  named(answering(stalledFor(['nearly all dropped', 'no look-ups'])), 'reason', 'stalled'),
  named(answering(stalledFor(['no events'])), 'reason', 'blind'),
  named(missing, 'reason', 'missing'),
];

/** Nodes of Kubernetes of which no Falco has given the name within an hour. */
function withoutAny(): string {
  const known = 'last_over_time(falcosecurity_evt_hostname_info[1h])';
  const nodes = (matcher: string) =>
    `group by (cluster, hostname) (label_replace(kube_node_info{${matcher},$filter}, "hostname", "$1", "node", "(.+)"))`;
  // Often only Falco's job is given a label for the cluster: then the name of the host alone has to do.
  return `${nodes('cluster!=""')} unless on (cluster, hostname) ${known} or ${nodes('cluster=""')} unless on (hostname) ${known}`;
}

const unwatched: Thresholds = {
  direction: 'above',
  critical: 1,
  because: 'What happens on a node without Falco is seen by nobody.',
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
    summary: 'Whether Falco’s metrics endpoint answers: 1 it does, 0 it does not',
    description:
      'Whether the last scrape of the node’s Falco brought metrics. 0 also stands for a node whose Falco has left service discovery, for up to an hour or until it answers from another address. An answer says that Falco’s web server is alive, not that events flow: hold it beside the rate of kernel events. A group of nodes shows 0 as soon as one of them is down. Falcosidekick is not in here.',
    expr: 'min by ($groupBy) (up{kind!="falcosidekick",$filter})',
    groupBy: { default: ['$identity'], allowed: [] },
    needs: [],
    thresholds: {
      direction: 'below',
      critical: 1,
      because: 'A node whose Falco does not answer is not known to be watched.',
      source: links.metrics,
    },
    advice: [
      {
        when: 'Nothing answers on the address.',
        change:
          'See whether Falco runs and why it stopped; then whether webserver.enabled, webserver.listen_address and webserver.listen_port fit the target, and whether a network policy lets Grafana’s server in.',
        cost: 'None.',
      },
      {
        when: 'It answers with 404 for longer than it takes to start.',
        change: 'Set metrics.enabled: true and webserver.prometheus_metrics_enabled: true.',
        cost: 'A scrape walks Falco’s thread table once.',
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
    unit: 's',
    min: 0,
    summary: 'Time since the Falco process started',
    description:
      'Seconds since the process started, as Falco itself counts them: clocks of node and Grafana that differ do not matter, which a difference from the start time would suffer from. It falls to 0 with a restart and goes on over a hot reload of rules or settings. A group of nodes shows its lowest, the latest restart.',
    expr: `min by ($groupBy) (${duration}{$filter}$join)`,
    groupBy: { default: ['$identity'], allowed: anyGrouping },
    needs: [always(duration)],
    worst: 'min',
    advice: [
      {
        when: 'It keeps falling to 0.',
        change:
          'Read why the process ended: out of memory (raise the limit, or bound outputs_queue.capacity), a rule or setting that does not load, a failed probe of /healthz.',
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
    summary: 'Nodes that no working Falco watches',
    description:
      'Counted by reason. down: the endpoint does not answer, or the node’s Falco has left discovery within the last hour (the data source’s notices and health check tell starting, vanished and unreachable apart). stalled: it answers, but hardly any event gets to its rules; blind: it answers, and its driver hands nothing over (see stalled, whose window it shares). missing: fewer Falcos are known than the settings expect (see missing-instances). Without a number expected a node that never had a Falco is not known here. Clusters are counted as a whole: no filter on a node.',
    expr: `sum by ($groupBy) (${notWorking.join(' or ')})`,
    inStore: {
      expr: `sum by ($groupBy) (${[...notWorking, named(`(${withoutAny()})`, 'reason', 'no Falco')].join(' or ')})`,
      metrics: ['kube_node_info'],
      extraDescription:
        'The store has kube-state-metrics’ list of nodes: no Falco counts those of which no Falco has given the host name within an hour.',
    },
    groupBy: { default: ['cluster'], allowed: ['reason'] },
    clusterScoped: true,
    maxWindow: '2m',
    needs: [kernelCounter('falcosecurity_scap_n_evts_total')],
    comparesNodes: true,
    thresholds: unwatched,
    advice: [
      {
        when: 'Many nodes of a cluster fail at one time.',
        change: 'Look at the network between Grafana and the cluster first: the Falcos may well be alive.',
        cost: 'None.',
      },
      {
        when: 'Nodes are missing.',
        change:
          'See whether the DaemonSet tolerates the taints of those nodes, and whether expected in the settings of the target is right.',
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
    summary: 'Falcos that the settings expect in a cluster and that are not known',
    description:
      'The numbers that the settings expect of the targets of a cluster, added up, less the Falcos that are known there, whether they answer or not. 0 where as many are known. A Falco that has left service discovery is known for another hour. Clusters are counted as a whole: no filter on a node.',
    expr: `sum by ($groupBy) (${missing})`,
    groupBy: { default: ['cluster'], allowed: [] },
    clusterScoped: true,
    needs: [],
    thresholds: unwatched,
    advice: [
      {
        when: 'Nodes have no Falco.',
        change:
          'See whether the DaemonSet tolerates the taints of those nodes (tolerations in the Helm chart) and whether its pods find room there.',
        cost: 'Falco’s resources on those nodes.',
      },
      {
        when: 'The cluster has shrunk.',
        change: 'Correct expected in the settings of the target.',
        cost: 'None.',
      },
    ],
    link: links.performance,
    noValueReason: 'The settings do not say how many Falcos to expect (expected of a target)',
  },
  {
    id: 'availability-ratio',
    title: 'Availability',
    dimension: 'continuity',
    unit: 'percentunit',
    decimals: 3,
    min: 0,
    max: 1,
    summary: 'Share of the scrapes within the window that Falco answered',
    description:
      'Scrapes with an answer divided by all scrapes since the node became known, within the window; choose a window of hours or days. A Falco that was down between two scrapes is not noticed. A group of nodes shows the mean of its nodes.',
    expr: 'avg by ($groupBy) (avg_over_time(up{kind!="falcosidekick",$filter}[$window]))',
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
    unit: 's',
    min: 0,
    summary: 'Time within the window in which Falco did not answer',
    description:
      'The share of the scrapes within the window that were not answered, times the part of the window in which the node was known, to 15 seconds: no finer than the scrape interval. A group of nodes shows the sum of its nodes, so that two nodes down for a minute make two minutes.',
    expr: `sum by ($groupBy) ((1 - avg_over_time(${falcos}[$window])) * count_over_time(${falcos}[$window:15s]) * 15)`,
    groupBy: { default: ['$identity'], allowed: [] },
    needs: [],
    advice: [],
    link: links.performance,
    noValueReason: 'It has been known for less than 15 seconds',
  },
];
