/** What the panels of the shipped dashboards ask. */
import type * as cog from '@grafana/grafana-foundation-sdk/cog';
import { QUERY_VERSION } from '../../../src/query';
import { catalogue } from '../../../src/signals';
import { type DimensionId, type Signal } from '../../../src/signals/types';

export const pluginId = 'falco-metrics-datasource';
export const datasource = { type: pluginId, uid: '${ds}' };

export type Target = cog.Builder<cog.Dataquery>;
type Query = Record<string, unknown>;

export const inCluster = { key: 'cluster', operator: '=~', value: '${cluster:regex}' };
/** Only the clusters and nodes that the dashboard's variables choose. */
const chosen = [inCluster, { key: 'node', operator: '=~', value: '${node:regex}' }];
// The data source escapes variables for a quoted string when no format is named.
const chosenMatchers = 'cluster=~"$cluster",node=~"$node"';

export function signal(id: string): Signal {
  const found = catalogue.signals.find((known) => known.id === id);
  if (!found) {
    throw new Error(`A dashboard shows the signal ${id}, which the catalogue does not have.`);
  }
  return found;
}

export function target(query: Query): Target {
  return { build: () => ({ refId: 'A', datasource, version: QUERY_VERSION, ...query }) as unknown as cog.Dataquery };
}

/** Signals of the chosen nodes, over time or, with `instant`, now. */
export function signals(ids: string[], query: Query = {}): Target {
  ids.forEach(signal);
  return target({ kind: 'signal', signals: ids, filters: chosen, ...query });
}

/** Signals of Falcosidekick and its destinations, which belong to a cluster and to none of its nodes. */
export function ofSidekick(ids: string[], query: Query = {}, more: unknown[] = []): Target {
  return signals(ids, { filters: [inCluster, ...more], ...query });
}

/** Signals as columns of one table, at the end of the range. */
export function columns(ids: string[], query: Query = {}): Target {
  return signals(ids, { format: 'table', instant: true, ...query });
}

/** Tables of the kinds that need no more than the chosen nodes. */
export function tableOf(kind: 'health' | 'inventory' | 'rules' | 'events', query: Query = {}): Target {
  return target({ kind, format: 'table', instant: true, filters: chosen, ...query });
}

/** The checks of a dimension, by id. */
export function checksOf(dimension: DimensionId): string[] {
  return catalogue.checks.filter((check) => signal(check.signal).dimension === dimension).map(({ id }) => id);
}

/** The worst verdict of some checks as a number, at the end of the range. */
export function verdict(checks: string[]): Target {
  return target({ kind: 'health', signals: checks, by: [], format: 'timeseries', instant: true, filters: chosen });
}

/** PromQL of the chosen nodes; `$filter` stands for the matchers. */
export function promql(expr: string, legend: string, query: Query = {}): Target {
  return target({ kind: 'promql', expr: expr.replaceAll('$filter', chosenMatchers), legend, instant: true, ...query });
}

/** A signal's template, to be put into a larger expression. */
export function expression(id: string, { by = ['cluster', 'node'], window = '$__rate_interval' } = {}): string {
  return signal(id)
    .expr.replaceAll('$by', by.join(', '))
    .replaceAll('$instance', 'cluster, node')
    .replaceAll('$window', window)
    .replaceAll('$join', '');
}

/**
 * A signal over time of the ten series that are worst in the range: a line for each of 200 nodes tells nothing. Which
 * ten is worked out once, of the figure over the whole range where it has a window, else of its highest value.
 */
export function worstTen(id: string, by = ['cluster', 'node'], legend = '{{node}}'): Target {
  const { expr, thresholds } = signal(id);
  const below = thresholds?.direction === 'below';
  const [pick, extreme] = below ? ['bottomk', 'min_over_time'] : ['topk', 'max_over_time'];
  const inAll = expr.includes('$window')
    ? `last_over_time((${expression(id, { by, window: '$__range' })})[$__interval:$__interval] @ end())`
    : `${extreme}((${expression(id, { by })})[$__range:$__interval] @ end())`;
  return promql(`(${expression(id, { by })}) and on (${by.join(', ')}) ${pick}(10, ${inAll})`, legend, {
    instant: false,
  });
}
