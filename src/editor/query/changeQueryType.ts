import { type FalcoQuery, returnsSeries } from '../../query';
import { type FalcoSettings } from '../../settings';
import { nodeFilterKeys } from './labelChoices';
import { type QueryType } from './queryTypes';
import { tryCompile } from './tryCompile';

/** The fields to change for another query type. Ids, groupings and formats of one type mean nothing in another. */
export function changeQueryType(to: QueryType, query: FalcoQuery, settings: FalcoSettings): Partial<FalcoQuery> {
  if (returnsSeries(to) && returnsSeries(query.queryType)) {
    return to === 'promql'
      ? { queryType: to, expr: query.expr ?? compileSingle(query, settings), limit: undefined }
      : { queryType: to };
  }
  const keys = nodeFilterKeys(settings);
  return {
    queryType: to,
    filters: query.filters?.filter(({ key }) => keys.includes(key)),
    signals: undefined,
    groupBy: undefined,
    limit: undefined,
    compare: undefined,
    format: undefined,
    instant: undefined,
    // The window of an impact query is much longer than that of the others.
    ...((to === 'impact' || query.queryType === 'impact') && { window: undefined }),
  };
}

/** The expression of a single selected signal. The preview has already shown why a query does not compile. */
function compileSingle(query: FalcoQuery, settings: FalcoSettings): string {
  const [first = '', ...others] = tryCompile(query, settings).expressions;
  return others.length === 0 ? first : '';
}
