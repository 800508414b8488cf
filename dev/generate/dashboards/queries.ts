/** The queries of the shipped dashboards. */
import type * as cog from '@grafana/grafana-foundation-sdk/cog';
import { QUERY_VERSION } from '../../../src/query';
import { catalogue } from '../../../src/signals';
import { type Check, type DimensionId, type Signal } from '../../../src/signals/types';

export const pluginId = 'falco-metrics-datasource';
export const datasource = { type: pluginId, uid: '${ds}' };

export type Target = cog.Builder<cog.Dataquery>;
type Query = Record<string, unknown>;

export const inCluster = { key: 'cluster', operator: '=~', value: '${cluster:regex}' };
/** Restricts a query to the clusters and nodes selected by the variables. */
export const chosen = [inCluster, { key: 'node', operator: '=~', value: '${node:regex}' }];

export function signal(id: string): Signal {
  const found = catalogue.signals.find((known) => known.id === id);
  if (!found) {
    throw new Error(`A dashboard shows the signal ${id}, which the catalogue does not have.`);
  }
  return found;
}

/** All kinds of events except one. */
export function eventsBut(left: 'back' | 'data-start'): string[] {
  return catalogue.events.map(({ id }) => id).filter((id) => id !== left);
}

export function target(query: Query): Target {
  return { build: () => ({ refId: 'A', datasource, version: QUERY_VERSION, ...query }) as unknown as cog.Dataquery };
}

/** Signals of the selected nodes, over time or, with `instant`, at the end of the range. */
export function signals(ids: string[], query: Query = {}): Target {
  ids.forEach(signal);
  return target({ queryType: 'signal', signals: ids, filters: chosen, ...query });
}

/**
 * Signals of Falcosidekick and its destinations, which belong to a cluster but not to its nodes.
 */
export function ofSidekick(ids: string[], query: Query = {}, more: unknown[] = []): Target {
  return signals(ids, { filters: [inCluster, ...more], ...query });
}

/** Signals as columns of a table, at the end of the range. */
export function columns(ids: string[], query: Query = {}): Target {
  return signals(ids, { format: 'table', instant: true, ...query });
}

/** Tables of query types that need only the selected nodes. */
export function tableOf(queryType: 'health' | 'inventory' | 'rules' | 'events' | 'impact', query: Query = {}): Target {
  return target({ queryType, format: 'table', instant: true, filters: chosen, ...query });
}

/** Ids of the checks that count for a dimension. */
export function checksOf(dimension: DimensionId): string[] {
  const counts = ({ signal: id, extraDimensions: also = [] }: Check) =>
    signal(id).dimension === dimension || also.includes(dimension);
  return catalogue.checks.filter(counts).map(({ id }) => id);
}

/** The worst verdict of some checks as a number, at the end of the range. `window` is that of checks without their own. */
export function verdict(checks: string[], window?: string): Target {
  return target({
    queryType: 'health',
    signals: checks,
    groupBy: [],
    window,
    format: 'timeseries',
    instant: true,
    filters: chosen,
  });
}

/** The worst series in the range, one per `by`: a line for each of 200 nodes is unreadable. */
export function worst(id: string, limit: number, query: Query = {}): Target {
  return signals([id], { limit, groupBy: ['$identity'], legendFormat: '{{node}}', ...query });
}
