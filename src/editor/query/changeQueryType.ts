import { type FalcoQuery, returnsSeries } from '../../query';
import { DEFAULTS, type FalcoSettings } from '../../settings';
import { findSignals, nodeFilterKeys } from '../../labelChoices';
import { type QueryType } from './queryTypes';
import { tryCompile } from './tryCompile';

/** The fields to change for another query type. Ids, groupings and formats of one type mean nothing in another. */
export function changeQueryType(to: QueryType, query: FalcoQuery, settings: FalcoSettings): Partial<FalcoQuery> {
  if (to === 'promql' && query.queryType === 'signal') {
    const [expr = '', ...others] = tryCompile(query, settings).expressions;
    if (query.expr !== undefined || others.length > 0) {
      return { queryType: to, expr: query.expr ?? '', limit: undefined };
    }
    const isMapped = settings.mode === 'prometheus';
    return { ...editAsPromql(query, expr, clusterAndNode(settings)), ...(isMapped && { mapLabels: true }) };
  }
  if (returnsSeries(to) && returnsSeries(query.queryType)) {
    return { queryType: to };
  }
  const keys = nodeFilterKeys(settings);
  return {
    queryType: to,
    filters: query.filters?.filter(({ key }) => keys.includes(key)),
    signals: undefined,
    groupBy: undefined,
    columns: undefined,
    limit: undefined,
    compare: undefined,
    format: undefined,
    instant: undefined,
    // The window of an impact query is much longer than that of the others.
    ...((to === 'impact' || query.queryType === 'impact') && { window: undefined }),
  };
}

/**
 * The fields to change so that a signal is edited as PromQL. Its unit and the names of its series stay. `identity` holds the
 * labels that the expression uses for the cluster and the node.
 */
export function editAsPromql(query: FalcoQuery, expr: string, identity: string[]): Partial<FalcoQuery> {
  const [signal] = findSignals(query.signals);
  // The node comes before the cluster, as in the names of a signal's series.
  const labels = (query.groupBy ?? signal?.groupBy.default ?? []).flatMap((label) =>
    label === '$identity' ? [...identity].reverse() : label
  );
  // In a table, every value of a label in the legend would get its own column.
  const legend =
    query.format === 'table' || labels.length === 0 ? signal?.title : labels.map((label) => `{{${label}}}`).join(' ');
  return {
    queryType: 'promql',
    expr,
    unit: signal?.unit,
    legendFormat: query.legendFormat ?? legend,
    limit: undefined,
  };
}

/** The labels for the cluster and the node. The cluster is left out where the settings have only one. */
export function clusterAndNode({ mode, targets = [] }: FalcoSettings): string[] {
  const clusters = new Set(targets.map(({ labels }) => labels?.['cluster']));
  return mode !== 'prometheus' && clusters.size < 2 ? ['node'] : ['cluster', 'node'];
}

/** The same labels in an expression as the backend sends it to the server. */
export function sampleIdentity(settings: FalcoSettings): string[] {
  if (settings.mode !== 'prometheus') {
    return clusterAndNode(settings);
  }
  const { identityLabels = [] } = settings.prometheus ?? {};
  return identityLabels.length > 0 ? identityLabels : [...DEFAULTS.prometheus.identityLabels];
}
