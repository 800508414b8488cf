import { type DataQuery } from '@grafana/schema';

/** The current version of saved queries. Every migration increases it. */
export const QUERY_VERSION = 1;

/** The signal of a query that names none: a figure that every Falco with kernel counters has at once. */
export const DEFAULT_SIGNAL = 'kernel-drop-ratio';

export type FilterOperator = '=' | '!=' | '=~' | '!~';

export interface Filter {
  key: string;
  operator: FilterOperator;
  value: string;
}

export function isSameFilter(a: Filter, b: Filter): boolean {
  return a.key === b.key && a.operator === b.operator && a.value === b.value;
}

/** A query of this data source. Only `queryType` and `signals` (or `expr`) are required; every other field has a default. */
export interface FalcoQuery extends DataQuery {
  queryType: 'signal' | 'health' | 'inventory' | 'rules' | 'events' | 'impact' | 'promql';
  /**
   * Ids of signals, of checks (query type `health`), of event types (`events`), or of figures (`impact`): signals, or
   * names of expressions in the settings. Several signals make several series, or the columns of one table.
   */
  signals?: string[];
  /** Labels to group by. `$identity` means the identity labels; `[]` is the total. */
  groupBy?: string[];
  filters?: Filter[];
  /**
   * A duration or `$__range`; default max(step + scrape interval, 4 × scrape interval). For the query type `impact` the
   * length of the time before and of the time after a change; default 1h.
   */
  window?: string;
  /**
   * Maximum number of series or rows. Keeps the series for which the first signal is worst, or the first rows of a table.
   * For the query type `impact` the number of changes, the latest first. Not for the query type `promql`.
   */
  limit?: number;
  /**
   * For the query types `signal` and `promql`: compare with the value this long ago, a duration or `$__range`. A table gets
   * the columns before, after and change, and the totals of several signals a row for each; series get the label `period`. Not
   * in alert rules.
   */
  compare?: string;
  /** The expression of the query type `promql`. */
  expr?: string;
  /**
   * With `expr`: the expression uses the labels of this data source, `cluster`, `node` and `kind`. In Prometheus mode they
   * are mapped to the identity labels of the server. Without it the expression is sent unchanged.
   */
  mapLabels?: boolean;
  /** With `expr`: the unit of the values, by Grafana's id, such as `percentunit`. */
  unit?: string;
  /**
   * For tables of the query types `health` and `inventory`: the names of the columns to show, in this order. All columns by
   * default.
   */
  columns?: string[];
  /** Default `timeseries` for the query types `signal` and `promql`, `table` for the others. */
  format?: 'timeseries' | 'table';
  /** Return only the values at the end of the time range. Default true for tables, false for time series. */
  instant?: boolean;
  /**
   * Name of each series: `{{label}}` is replaced by the label's value, `{{signal}}` by the signal's title. In a table it
   * names the columns, and every value of a label in it gets its own column.
   */
  legendFormat?: string;
  /**
   * For tables of totals of signals: a sentence in place of the columns. `{{id}}` is replaced by the value of a signal of the
   * query, `{{nodes}}` by the number of nodes, such as "8 nodes".
   */
  text?: string;
  live?: boolean;
  version?: number;
}

/**
 * The query of a dashboard variable. Its type says what is listed: `label` the values of a label, `labels` the names of the
 * labels, `signals` the signals of the catalogue, `metrics` the names of the metrics, `promql` the series of an expression
 * at the end of the time range.
 */
export interface FalcoVariableQuery extends DataQuery {
  queryType: 'label' | 'labels' | 'signals' | 'metrics' | 'promql';
  /** Of the type `label`. */
  label?: string;
  /** Of the type `label`: the samples to read. */
  filters?: Filter[];
  /**
   * With the label `node`: the Falcos by their verdicts, the worst first, so that a dashboard opens on the worst node. By
   * default, values are sorted by name.
   */
  worstFirst?: boolean;
  /** Of the type `promql`. */
  expr?: string;
}

/** The query of a new panel. Every Falco with kernel counters has this signal. */
export const NEW_QUERY: Omit<FalcoQuery, 'refId'> = {
  queryType: 'signal',
  signals: [DEFAULT_SIGNAL],
  version: QUERY_VERSION,
};

type Stored = Record<string, unknown>;

/** Entry n migrates a query from version n to n + 1. The backend has the same steps; tests/corpora/queries.json tests both. */
const MIGRATIONS: ReadonlyArray<(query: Stored) => Stored> = [fromHandWritten];

/** Migrates hand-written YAML, which has no version: the query type may be missing, and a list may be a single string. */
function fromHandWritten(query: Stored): Stored {
  const migrated = { ...query };
  for (const field of ['signals', 'groupBy']) {
    const value = migrated[field];
    if (typeof value === 'string') {
      migrated[field] = [value];
    }
  }
  migrated['queryType'] ??= migrated['signals'] === undefined && migrated['expr'] !== undefined ? 'promql' : 'signal';
  return migrated;
}

/** Migrates a saved query to the current version. A query of a later version is returned unchanged. */
export function migrateQuery(stored: DataQuery & { version?: number }): FalcoQuery {
  const from = stored.version ?? 0;
  const migrated = MIGRATIONS.slice(from).reduce<Stored>((query, step) => step(query), { ...stored });
  return { ...migrated, version: Math.max(from, QUERY_VERSION) } as unknown as FalcoQuery;
}

/** Completes the query of an annotation, which may be saved in part. Only events, and changes with their impact, have a time and a text. */
export function toAnnotationQuery(stored: Partial<FalcoQuery> = {}): FalcoQuery {
  const query: FalcoQuery =
    stored.queryType === 'impact'
      ? { refId: 'Anno', ...stored, queryType: 'impact', groupBy: ['change'] }
      : { refId: 'Anno', ...stored, queryType: 'events' };
  return migrateQuery(query);
}

/** A query with its defaults. `groupBy`, `window` and `legendFormat` may be absent: their defaults depend on the signal. */
export type CompleteQuery = FalcoQuery & Required<Pick<FalcoQuery, 'filters' | 'format' | 'instant'>>;

/** Whether a query type returns series by default. The others return tables. */
export function returnsSeries(queryType: FalcoQuery['queryType']): boolean {
  return queryType === 'signal' || queryType === 'promql';
}

/** Adds the defaults that both executors rely on. */
export function withDefaults(query: FalcoQuery): CompleteQuery {
  const format = query.format ?? (returnsSeries(query.queryType) ? 'timeseries' : 'table');
  return {
    ...query,
    ...(query.queryType === 'signal' && { signals: query.signals ?? NEW_QUERY.signals }),
    filters: query.filters ?? [],
    format,
    instant: query.instant ?? format === 'table',
  };
}

/** Whether a query can be executed: a signal is selected or an expression is entered. */
export function isComplete(query: CompleteQuery): boolean {
  switch (query.queryType) {
    case 'signal':
      return (query.signals ?? []).length > 0;
    case 'promql':
      return (query.expr ?? '').trim() !== '';
    default:
      return true;
  }
}
