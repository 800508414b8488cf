import { links } from '../links';
import { type Need, type Signal } from '../types';
import { anyGrouping, combineNames, maxByGroup } from '../templates';

const tracked = 'falcosecurity_plugins_container_n_containers_total';
/** The name up to Falco 0.40. */
const olderTracked = 'falcosecurity_scap_n_containers_total';

const containers = combineNames([tracked, olderTracked], (name) => `${name}{$filter}`);
const sometimes = combineNames([tracked, olderTracked], (name) => `max_over_time(${name}{$filter}[1d]) > 0`);
/** Other nodes of the cluster track containers, or this one did: 0 is a loss of data then. */
const expected = `(${containers} and on (cluster) (max by (cluster) (${containers}) > 0) or ${containers} and on ($identity) ${sometimes})`;

const needs: Need[] = [{ metric: tracked, anyOf: [olderTracked], config: 'metrics.plugins_metrics_enabled' }];

export const containerData: Signal[] = [
  {
    id: 'tracked-containers',
    title: 'Tracked containers',
    dimension: 'security',
    unit: 'short',
    decimals: 0,
    min: 0,
    summary: 'Number of containers that Falco knows on the node',
    description:
      'The containers that the container plugin has found through the container runtime. Falco declares the metric as a counter, although it is a gauge. Groups show the maximum.',
    expr: maxByGroup(containers),
    groupBy: { default: ['$identity'], allowed: anyGrouping },
    needs,
    worst: 'min',
    advice: [],
    link: links.metrics,
  },
  {
    id: 'container-data-loss',
    title: 'Container data loss',
    dimension: 'security',
    unit: 'short',
    decimals: 0,
    min: 0,
    max: 1,
    summary: 'Whether Falco has lost sight of the containers: 1 it tracks none although there are some',
    description:
      '1 if Falco tracks no containers although other nodes of the cluster do, or although it did itself within the last day; 0 if it tracks some. Rules on containers do not match then, and alerts lack the names of containers and pods, while everything else looks healthy. If no node tracks containers, there is no value, because nothing shows that there are any. Groups show 1 if one of their nodes is affected.',
    expr: maxByGroup(`(${expected} == bool 0)`),
    groupBy: { default: ['$identity'], allowed: anyGrouping },
    needs,
    comparesNodes: true,
    thresholds: {
      direction: 'above',
      critical: 1,
      because: 'Rules that depend on containers, which are most of the default rules in Kubernetes, no longer match.',
      source: links.rules,
    },
    advice: [
      {
        when: 'Falco cannot reach the socket of the container runtime.',
        change:
          "Check that the socket is mounted into the Falco container and listed in the settings of the container plugin (init_config.engines), check Falco's log for errors of the plugin, then restart Falco.",
        cost: 'Falco does not monitor the node for some seconds.',
      },
    ],
    link: links.metrics,
    noValueReason: 'No node of the cluster tracks containers, so nothing shows that there are any',
    values: [
      { value: 0, text: 'no', level: 'ok' },
      { value: 1, text: 'no containers', level: 'critical' },
    ],
  },
];
