/**
 * Compiles the template of a signal to PromQL. pkg/signals/compile.go does the same in the backend;
 * both pass tests/corpora/compile.json, including the errors.
 */
import { type Catalogue, type PriorityLabel, type Signal } from './types';
import { parseDuration, printDuration, windowLength } from './window';

export interface CompileFilter {
  /** A label, or the id of a grouping. */
  key: string;
  operator: string;
  value: string;
}

/** The parts of a query that affect the expression; each has a default. */
export interface Use {
  /** Default: that of the signal. `[]` is the total. */
  groupBy?: string[];
  filters?: CompileFilter[];
  /**
   * A duration, `$__range`, `$__interval`, `$__live` (time since a live panel was opened; otherwise
   * the range) or `$__rate_interval`, which is the default.
   */
  window?: string;
}

export interface CompileOptions {
  /** The labels that `$identity` stands for, such as cluster and node. */
  identity: string[];
  /** Other labels that the settings add to targets. */
  targetLabels: string[];
  /**
   * Step of the query, scrape interval of the data source and time range of the query, in
   * milliseconds.
   */
  step: number;
  scrapeInterval: number;
  range: number;
  /** Time since a live panel was opened, in milliseconds. */
  live?: number;
  /**
   * Returns what a regular expression matches as a whole, or undefined if the evaluator does not take it. Without it,
   * regular expressions are not checked, and a filter on priorities cannot have one.
   */
  compileRegex?: (source: string) => ((value: string) => boolean) | undefined;
  /**
   * Length of the history at the time of evaluation, in milliseconds. Undefined if it is unknown,
   * and for range queries.
   */
  history?: number;
}

const operators = ['=', '!=', '=~', '!~'];
// Matches a selector that ends in `$filter`, or another placeholder. A single pass ensures that an
// inserted value is
// never taken for a placeholder.
const placeholder = /([a-zA-Z_:][a-zA-Z0-9_:]*)(\{[^{}$]*)\$filter\}|offset \$window|\$[a-zA-Z_]+/g;

/**
 * Returns the expression, whose `$window` is no longer than the history, and the requested window
 * in milliseconds. Throws an Error that names the refused label, operator or window, the signal,
 * and what is allowed.
 */
export function compile(
  catalogue: Catalogue,
  signal: Signal,
  use: Use,
  options: CompileOptions
): { expr: string; window: number } {
  const window = limitWindow(windowLength(use.window, options), signal, options);
  const by = use.groupBy ?? signal.groupBy.default;
  const filters = use.filters ?? [];
  const labels = resolveGroupBy(catalogue, signal, by, options);
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
      case 'offset $window':
        return `offset ${printDuration(Math.min(window, longestOffset(options.history)))}`;
      case '$join':
        return joinInfoSeries(catalogue, by, filters, options);
      default:
        throw new Error(`signal "${signal.id}": its template has the unknown placeholder ${found}`);
    }
  });
  return { expr, window };
}

/**
 * Returns how far an offset may look back: a whole second within the history, so that it finds the
 * first sample instead of nothing.
 */
function longestOffset(history = Infinity): number {
  return Math.max(Math.ceil(history / 1000) - 1, 1) * 1000;
}

/** Limits a window to the signal's `maxWindow`, but never below four scrape intervals. */
function limitWindow(window: number, { maxWindow: longest }: Signal, { scrapeInterval }: CompileOptions): number {
  return longest === undefined ? window : Math.min(window, Math.max(parseDuration(longest) ?? 0, 4 * scrapeInterval));
}

/** Returns the labels that a signal may be grouped by, sorted, with `$identity` expanded. */
export function allowedGroupings(signal: Signal, options: Pick<CompileOptions, 'identity' | 'targetLabels'>): string[] {
  const names = [...signal.groupBy.default, ...signal.groupBy.allowed, ...options.identity, ...options.targetLabels];
  return sortUnique(expandIdentity(names, options.identity));
}

/** Returns the labels that a signal may be filtered by, sorted. */
export function allowedFilters(
  catalogue: Catalogue,
  signal: Signal,
  options: Pick<CompileOptions, 'identity' | 'targetLabels'>
): string[] {
  const joined = signal.expr.includes('$join');
  const groupings = catalogue.groupings
    .map(({ id }) => id)
    .filter((id) => joined || signal.groupBy.allowed.includes(id));
  const own = [...signal.expr.matchAll(placeholder)].flatMap(([, metric = '']) =>
    [catalogue.metricLabels[metric] ?? []].filter(({ length }) => length > 0)
  );
  const shared = own.flat().filter((name) => own.every((labels) => labels.includes(name)));
  const identity = options.identity.filter((label) => !signal.clusterScoped || label !== 'node');
  return sortUnique([...identity, ...options.targetLabels, ...groupings, ...shared]);
}

function resolveGroupBy(catalogue: Catalogue, signal: Signal, by: string[], options: CompileOptions): string[] {
  const allowed = allowedGroupings(signal, options);
  const labels = expandIdentity(by, options.identity).map((name) => {
    if (!allowed.includes(name)) {
      throw new Error(`signal "${signal.id}" cannot be grouped by "${name}"; allowed: ${allowed.join(', ')}`);
    }
    return catalogue.groupings.find(({ id }) => id === name)?.label ?? name;
  });
  return [...new Set(labels)];
}

function checkFilters(catalogue: Catalogue, signal: Signal, filters: CompileFilter[], options: CompileOptions): void {
  const allowed = allowedFilters(catalogue, signal, options);
  for (const { key, operator, value } of filters) {
    if (!allowed.includes(key)) {
      throw new Error(`signal "${signal.id}" cannot be filtered by "${key}"; allowed: ${allowed.join(', ')}`);
    }
    if (!operators.includes(operator)) {
      const expected = operators.join(' ');
      throw new Error(
        `signal "${signal.id}": the filter on "${key}" has the operator "${operator}"; allowed: ${expected}`
      );
    }
    if (operator.endsWith('~') && options.compileRegex && !options.compileRegex(value)) {
      throw new Error(
        `signal "${signal.id}": the filter on "${key}" is not a valid regular expression: ${JSON.stringify(value)}`
      );
    }
    if (key === catalogue.priority.label) {
      checkPriority(catalogue.priority, signal, { key, operator, value }, options);
    }
  }
}

/** Refuses a filter that selects no priority, and one that has to be evaluated where that is not possible. */
function checkPriority(priority: PriorityLabel, { id }: Signal, filter: CompileFilter, options: CompileOptions): void {
  if (filter.operator.endsWith('~') && !options.compileRegex) {
    throw new Error(
      `signal "${id}": PromQL cannot be shown while the filter on "${filter.key}" has a variable or a regular expression`
    );
  }
  const isChosen = priorityTest(priority, filter, options);
  if (!filter.operator.startsWith('!') && !priority.words.some((_, i) => isChosen(i))) {
    const allowed = priority.words.join(', ');
    throw new Error(
      `signal "${id}": the filter on "${filter.key}" matches no priority: ${JSON.stringify(filter.value)}; allowed: ${allowed}`
    );
  }
}

/** Returns the filters that apply to the selector of a metric, in the order given. */
function selectorFilters(
  catalogue: Catalogue,
  metric: string,
  filters: CompileFilter[],
  options: CompileOptions
): string {
  const ofTarget = catalogue.metricsByHost.includes(metric) ? [] : [...options.identity, ...options.targetLabels];
  const labels = [...ofTarget, ...(catalogue.metricLabels[metric] ?? [])];
  return filters
    .filter(({ key }) => labels.includes(key))
    .flatMap((filter) => {
      const values = filter.key === catalogue.priority.label ? catalogue.priority.values[metric] : undefined;
      return values ? priorityFilter(catalogue, values, filter, options) : matcher(filter);
    })
    .join(',');
}

function matcher({ key, operator, value }: CompileFilter): string {
  return key + operator + JSON.stringify(value);
}

/** Writes a filter on priorities with the values that a metric has for them. */
function priorityFilter(
  { priority }: Catalogue,
  values: string[],
  filter: CompileFilter,
  options: CompileOptions
): string[] {
  const isChosen = priorityTest(priority, filter, options);
  const chosen = values.filter((_, i) => isChosen(i));
  const excludes = filter.operator.startsWith('!');
  if (chosen.length === (excludes ? 0 : values.length)) {
    return [];
  }
  const operators = excludes ? ['!=', '!~'] : ['=', '=~'];
  const operator = chosen.length === 1 ? operators[0] : operators[1];
  return [priority.label + operator + JSON.stringify(chosen.join('|'))];
}

/** Returns whether a filter names the priority of an index. */
function priorityTest(
  { words, digits }: PriorityLabel,
  { operator, value }: CompileFilter,
  { compileRegex }: CompileOptions
): (index: number) => boolean {
  const matches = operator.endsWith('~')
    ? compileRegex?.(`(?i:${value})`)
    : (name: string) => name === value.toLowerCase();
  return (index) => [words, digits].some((names) => matches?.(names[index] ?? '') === true);
}

/** Joins info series that add the labels by which the query groups or filters. */
function joinInfoSeries(catalogue: Catalogue, by: string[], filters: CompileFilter[], options: CompileOptions): string {
  const instance = options.identity.join(', ');
  return catalogue.groupings
    .filter(({ id }) => by.includes(id) || filters.some(({ key }) => key === id))
    .map(({ id, label, metric, matchers }) => {
      const own = filters.filter(({ key }) => key === id);
      const all = [...(matchers ? [matchers] : []), ...own.map((filter) => matcher({ ...filter, key: label }))];
      return ` * on (${instance}) group_left (${label}) max by (${instance}, ${label}) (${metric}{${all.join(',')}})`;
    })
    .join('');
}

function expandIdentity(names: string[], identity: string[]): string[] {
  return names.flatMap((name) => (name === '$identity' ? identity : [name]));
}

function sortUnique(names: string[]): string[] {
  return [...new Set(names)].sort();
}
