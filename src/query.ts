import { type DataQuery } from '@grafana/schema';

/** The version that saved queries carry; raised with every migration. */
export const QUERY_VERSION = 1;

export type FilterOperator = '=' | '!=' | '=~' | '!~';

export interface Filter {
  key: string;
  operator: FilterOperator;
  value: string;
}

/** A query of this data source. Only `kind` and `signals` (or `expr`) are needed; every other field has a default. */
export interface FalcoQuery extends DataQuery {
  queryType: 'signal' | 'health' | 'inventory' | 'rules' | 'events' | 'promql';
  /** For kind `signal`: several make several series, or the columns of one table. */
  signals?: string[];
  /** Labels to group by, or to keep apart by; `$identity` stands for the identity labels; `[]` is the total. */
  groupBy?: string[];
  filters?: Filter[];
  /** A duration or `$__range`; default max(step + scrape interval, 4 × scrape interval). */
  window?: string;
  /** Only so many series, those that the first signal is worst of, or only the first rows of a table. Not for kind `promql`. */
  limit?: number;
  /**
   * For the kinds `signal` and `promql`: show beside each figure that of so much earlier, as columns before, after and
   * change of a table, else as series with the label `side`; a duration or `$__range`. Not in alert rules.
   */
  compare?: string;
  /** For kind `promql`. */
  expr?: string;
  /**
   * With `expr`: it calls Falcos `cluster` and `node`, and what is none `kind`, as this data source does. A store that calls
   * them otherwise is then asked in its own labels. Without it PromQL is the store's own.
   */
  mapLabels?: boolean;
  /** Default `timeseries` for the kinds `signal` and `promql`, `table` for the others. */
  format?: 'timeseries' | 'table';
  /** Only the figures at the end of the time range; default true for tables, false for time series. */
  instant?: boolean;
  /**
   * Name of a series: `{{label}}` is replaced by the label's value, `{{signal}}` by the signal's title. In a table
   * the name of a column: labels in it make a column for each of their values.
   */
  legendFormat?: string;
  live?: boolean;
  version?: number;
}

/** The query of a dashboard variable: the values of a label on the samples that match the filters. */
export interface FalcoVariableQuery extends DataQuery {
  queryType: 'label';
  label: string;
  filters?: Filter[];
}

/** What a new panel asks: a figure that every Falco with kernel counters answers at once. */
export const NEW_QUERY: Omit<FalcoQuery, 'refId'> = {
  queryType: 'signal',
  signals: ['kernel-drop-ratio'],
  version: QUERY_VERSION,
};

type Stored = Record<string, unknown>;

/** Entry n brings a query of version n to version n + 1. The same steps stand in pkg/datasource; tests/corpora/queries.json runs in both. */
const MIGRATIONS: ReadonlyArray<(query: Stored) => Stored> = [fromHandWritten];

/** Queries without a version come from YAML written by hand: the query type may be missing, a list of one may be a plain word. */
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

/** Brings a saved query to the current shape. A query of a later version is returned as it is. */
export function migrateQuery(stored: DataQuery & { version?: number }): FalcoQuery {
  const from = stored.version ?? 0;
  const migrated = MIGRATIONS.slice(from).reduce<Stored>((query, step) => step(query), { ...stored });
  return { ...migrated, version: Math.max(from, QUERY_VERSION) } as unknown as FalcoQuery;
}

/** The query of an annotation, as far as it is saved. Only events have a time and a text, so it is always of that kind. */
export function asEvents(stored: Partial<FalcoQuery> = {}): FalcoQuery {
  const query: FalcoQuery = { refId: 'Anno', ...stored, queryType: 'events' };
  return migrateQuery(query);
}

/** A query with everything that has a default; `by`, `window` and `legend` may be absent still, their defaults are the signal's. */
export type CompleteQuery = FalcoQuery & Required<Pick<FalcoQuery, 'filters' | 'format' | 'instant'>>;

/** Whether a kind is series of figures by itself; the others are tables. */
export function givesSeries(kind: FalcoQuery['queryType']): boolean {
  return kind === 'signal' || kind === 'promql';
}

/** Fills in what both executors take for granted. */
export function withDefaults(query: FalcoQuery): CompleteQuery {
  const format = query.format ?? (givesSeries(query.queryType) ? 'timeseries' : 'table');
  return {
    ...query,
    ...(query.queryType === 'signal' && { signals: query.signals ?? NEW_QUERY.signals }),
    filters: query.filters ?? [],
    format,
    instant: query.instant ?? format === 'table',
  };
}

/** Whether there is anything to ask; panels with nothing chosen are not sent. */
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
