/** What Explore needs of the data source besides answers: tables beside graphs, and filters from their cells. */
import {
  CoreApp,
  type DataFrame,
  type DataQueryRequest,
  type DataQueryResponse,
  FieldType,
  type ToggleFilterAction,
} from '@grafana/data';
import { filterKeys } from './labelChoices';
import { type FalcoQuery, type Filter, isSameFilter, migrateQuery, returnsSeries, withDefaults } from './query';
import { type FalcoSettings } from './settings';

const TABLE = '-table';

/** In Explore, a query for a graph is followed by one for a table of the values at the end of the time range. */
export function addTables(request: DataQueryRequest<FalcoQuery>): DataQueryRequest<FalcoQuery> {
  if (request.app !== CoreApp.Explore) {
    return request;
  }
  const targets = request.targets.flatMap((stored) => {
    const query = withDefaults(migrateQuery(stored));
    if (!returnsSeries(query.queryType) || query.format === 'table' || query.instant) {
      return [stored];
    }
    // In a table, every value of a label in the legend would get its own column.
    const { legendFormat: _, ...rest } = query;
    return [stored, { ...rest, refId: query.refId + TABLE, format: 'table' as const, instant: true }];
  });
  return { ...request, targets };
}

/**
 * Returns tables under the name of their query, without what the graph says too: errors, notices and hints. In all tables, it marks
 * the columns that the query can be filtered by.
 */
export function readTables(
  response: DataQueryResponse,
  request: DataQueryRequest<FalcoQuery>,
  settings: FalcoSettings,
  dashboardKeys: string[]
): DataQueryResponse {
  const queries = new Map(request.targets.map((stored) => [stored.refId, migrateQuery(stored)]));
  const data = response.data.map((frame: DataFrame) => {
    const query = queries.get(frame.refId ?? '');
    const { notices: _, custom: __, ...meta } = frame.meta ?? {};
    const own = isAdded(frame.refId) ? { ...frame, refId: withoutSuffix(frame.refId), meta } : frame;
    if (!query) {
      return own;
    }
    // On a dashboard, a filter applies to every panel.
    const keys = request.app === CoreApp.Explore ? filterKeys(query, settings) : dashboardKeys;
    return markFilterable(own, keys);
  });
  /* eslint-disable @typescript-eslint/no-deprecated -- DataSourceWithBackend still sets `error`. */
  const { error: _, errors: all, ...rest } = response;
  const errors = all?.filter(({ refId }) => !isAdded(refId));
  const [error] = errors ?? [response.error].filter((one) => one !== undefined && !isAdded(one.refId));
  return { ...rest, data, ...(errors && errors.length > 0 && { errors }), ...(error && { error }) };
  /* eslint-enable @typescript-eslint/no-deprecated */
}

function isAdded(refId: string | undefined): refId is string {
  return refId?.endsWith(TABLE) === true;
}

function withoutSuffix(refId: string): string {
  return refId.slice(0, -TABLE.length);
}

/** The cells of these columns get buttons to filter for and out. Without keys, those of all columns of text. */
function markFilterable(frame: DataFrame, keys: string[] | undefined): DataFrame {
  const fields = frame.fields.map((field) =>
    field.type === FieldType.string && (keys === undefined || keys.includes(field.name))
      ? { ...field, config: { ...field.config, filterable: true } }
      : field
  );
  return { ...frame, fields };
}

/** The filter that a cell or a legend asks for. */
export function readFilter({ type, options }: Pick<ToggleFilterAction, 'type' | 'options'>): Filter | undefined {
  const { key, value } = options;
  return key && value !== undefined ? { key, operator: type === 'FILTER_FOR' ? '=' : '!=', value } : undefined;
}

/** Adds a filter in place of its opposite, or removes it if the query has it. A filter that the query cannot have is left out. */
export function toggleFilter(query: FalcoQuery, filter: Filter, settings: FalcoSettings): FalcoQuery {
  const { filters = [] } = query;
  if (filterKeys(query, settings)?.includes(filter.key) === false) {
    return query;
  }
  const others = filters.filter(
    ({ key, operator, value }) =>
      !(key === filter.key && value === filter.value && (operator === '=' || operator === '!='))
  );
  return { ...query, filters: hasFilter(query, filter) ? others : [...others, filter] };
}

export function hasFilter({ filters = [] }: FalcoQuery, filter: Filter): boolean {
  return filters.some((one) => isSameFilter(one, filter));
}
