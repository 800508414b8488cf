/**
 * A signal's template → PromQL. The backend's copy is pkg/signals/compile.go; both pass
 * tests/corpora/compile.json, errors included.
 */
import { type Catalogue, type Signal } from './types';
import { parseDuration, printDuration, windowLength } from './window';

export interface CompileFilter {
  /** A label, or the id of a grouping. */
  key: string;
  operator: string;
  value: string;
}

/** What a query says; whatever is missing has a default. */
export interface Use {
  /** Default: the signal's own; `[]` is the total. */
  groupBy?: string[];
  filters?: CompileFilter[];
  /**
   * A duration, `$__range`, `$__interval`, `$__live` (since a live panel is watched; elsewhere the range) or
   * `$__rate_interval`; default: the latter.
   */
  window?: string;
}

export interface CompileOptions {
  /** What `$identity` stands for: cluster, node. */
  identity: string[];
  /** The other labels that the settings put on targets. */
  targetLabels: string[];
  /** Milliseconds: step of the query, scrape interval of the data source, range that the query spans. */
  step: number;
  scrapeInterval: number;
  range: number;
  /** How long a live panel has been watched, milliseconds. */
  live?: number;
  /** How much there is of the history at the instant of evaluation; nothing where that is not known, and over a range. */
  history?: number;
}

const operators = ['=', '!=', '=~', '!~'];
// A selector that ends in `$filter`, or another placeholder. One pattern and one pass, so that a
// value put in is never taken for a placeholder itself.
const placeholder = /([a-zA-Z_:][a-zA-Z0-9_:]*)(\{[^{}$]*)\$filter\}|\$[a-zA-Z_]+/g;

/**
 * Returns the expression, which looks back no further than there is history, and the length of `$window` that was asked
 * for, in milliseconds. Throws an Error that names
 * the label, operator or window that was refused, the signal, and what is allowed.
 */
export function compile(
  catalogue: Catalogue,
  signal: Signal,
  use: Use,
  options: CompileOptions
): { expr: string; window: number } {
  const window = served(windowLength(use.window, options), signal, options);
  const by = use.groupBy ?? signal.groupBy.default;
  const filters = use.filters ?? [];
  const labels = groupBy(catalogue, signal, by, options);
  checkFilters(catalogue, signal, filters, options);

  const expr = signal.expr.replace(placeholder, (found, metric?: string, matchers?: string) => {
    if (metric !== undefined) {
      return `${metric}${matchers}${selectorFilters(catalogue, metric, filters, options)}}`;
    }
    switch (found) {
      case '$groupBy':
        return labels.join(', ');
      case '$identity':
        return options.identity.join(', ');
      case '$window':
        return printDuration(Math.min(window, options.history ?? Infinity));
      case '$join':
        return join(catalogue, by, filters, options);
      default:
        throw new Error(`signal "${signal.id}": its template has the unknown placeholder ${found}`);
    }
  });
  return { expr, window };
}

/** A window, cut to the longest that serves the signal; at least four scrapes are taken. */
function served(window: number, { maxWindow: longest }: Signal, { scrapeInterval }: CompileOptions): number {
  return longest === undefined ? window : Math.min(window, Math.max(parseDuration(longest) ?? 0, 4 * scrapeInterval));
}

/** What a signal may be grouped by, `$identity` spelt out; sorted. */
export function allowedGroupings(signal: Signal, options: Pick<CompileOptions, 'identity' | 'targetLabels'>): string[] {
  const names = [...signal.groupBy.default, ...signal.groupBy.allowed, ...options.identity, ...options.targetLabels];
  return sorted(expand(names, options.identity));
}

/** What a signal may be filtered by; sorted. */
export function allowedFilters(
  catalogue: Catalogue,
  signal: Signal,
  options: Pick<CompileOptions, 'identity' | 'targetLabels'>
): string[] {
  const joined = signal.expr.includes('$join');
  const groupings = catalogue.groupings
    .map(({ id }) => id)
    .filter((id) => joined || signal.groupBy.allowed.includes(id));
  const own = [...signal.expr.matchAll(placeholder)].flatMap(([, metric = '']) => catalogue.metricLabels[metric] ?? []);
  const identity = options.identity.filter((label) => !signal.clusterScoped || label !== 'node');
  return sorted([...identity, ...options.targetLabels, ...groupings, ...own]);
}

function groupBy(catalogue: Catalogue, signal: Signal, by: string[], options: CompileOptions): string[] {
  const allowed = allowedGroupings(signal, options);
  const labels = expand(by, options.identity).map((name) => {
    if (!allowed.includes(name)) {
      throw new Error(`signal "${signal.id}" cannot be grouped by "${name}"; allowed: ${allowed.join(', ')}`);
    }
    return catalogue.groupings.find(({ id }) => id === name)?.label ?? name;
  });
  return [...new Set(labels)];
}

function checkFilters(catalogue: Catalogue, signal: Signal, filters: CompileFilter[], options: CompileOptions): void {
  const allowed = allowedFilters(catalogue, signal, options);
  for (const { key, operator } of filters) {
    if (!allowed.includes(key)) {
      throw new Error(`signal "${signal.id}" cannot be filtered by "${key}"; allowed: ${allowed.join(', ')}`);
    }
    if (!operators.includes(operator)) {
      const expected = operators.join(' ');
      throw new Error(
        `signal "${signal.id}": the filter on "${key}" has the operator "${operator}"; allowed: ${expected}`
      );
    }
  }
}

/** The filters that a metric's selector can take, in the order given. */
function selectorFilters(
  catalogue: Catalogue,
  metric: string,
  filters: CompileFilter[],
  { identity, targetLabels }: CompileOptions
): string {
  const labels = [...identity, ...targetLabels, ...(catalogue.metricLabels[metric] ?? [])];
  return filters
    .filter(({ key }) => labels.includes(key))
    .map(({ key, operator, value }) => key + operator + JSON.stringify(value))
    .join(',');
}

/** Brings the labels of info series to a signal that is grouped or filtered by them. */
function join(catalogue: Catalogue, by: string[], filters: CompileFilter[], options: CompileOptions): string {
  const instance = options.identity.join(', ');
  return catalogue.groupings
    .filter(({ id }) => by.includes(id) || filters.some(({ key }) => key === id))
    .map(({ id, label, metric, matchers }) => {
      const own = filters.filter(({ key }) => key === id);
      const all = [...(matchers ? [matchers] : []), ...own.map((f) => label + f.operator + JSON.stringify(f.value))];
      return ` * on (${instance}) group_left (${label}) max by (${instance}, ${label}) (${metric}{${all.join(',')}})`;
    })
    .join('');
}

function expand(names: string[], identity: string[]): string[] {
  return names.flatMap((name) => (name === '$identity' ? identity : [name]));
}

function sorted(names: string[]): string[] {
  return [...new Set(names)].sort();
}
