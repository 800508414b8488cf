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
  kind: 'signal' | 'health' | 'inventory' | 'rules' | 'events' | 'promql';
  /** For kind `signal`: several make several series, or the columns of one table. */
  signals?: string[];
  /** Labels to group by; `$instance` stands for the identity labels; `[]` is the total. */
  by?: string[];
  filters?: Filter[];
  /** A duration or `$__range`; default max(step + scrape interval, 4 × scrape interval). */
  window?: string;
  /** For kind `promql`. */
  expr?: string;
  format?: 'timeseries' | 'table';
  instant?: boolean;
  /** `{{label}}` is replaced by the label's value, `{{signal}}` by the signal's title. */
  legend?: string;
  live?: boolean;
  version?: number;
}
