/** Changes PromQL as it was written, with variables and macros. Loaded on demand, because it needs the parser. */
import { parser } from '@prometheus-io/lezer-promql';
import { type SyntaxNode } from '@lezer/common';
import { unquote } from './promql/literals';
import { type Filter, type FilterOperator, isSameFilter } from './query';

/** A change that a hint of the backend proposes; see pkg/hints. */
export type FixAction =
  | { type: 'RENAME'; options: { from: string; to: string } }
  | { type: 'ADD_RATE'; options: { metrics: string } }
  | { type: 'REMOVE_RATE'; options: { function: string; metric: string } }
  | { type: 'ADD_DOWN'; options?: undefined };

/** What is probably a mistake in PromQL; see pkg/hints. */
export interface Hint {
  text: string;
  /** A change that is likely to be right. */
  fix?: FixAction;
}

interface Edit {
  from: number;
  to: number;
  insert: string;
}

const STRINGS = /#[^\n]*|"(?:\\[^]|[^"\\])*"|'(?:\\[^]|[^'\\])*'|`[^`]*`/g;
const DURATIONS = /(?<=[[:]\s*|offset\s+-?)\$(?:\w+|\{[^}]*\})/g;
const VARIABLES = /\$(?:\w+|\{[^}]*\})|\[\[[^\]]*\]\]/g;

/** Replaces variables in the place of a duration by durations of the same length, so that offsets stay. */
export function maskDurations(expr: string): string {
  return expr.replace(DURATIONS, (name) => `${'0'.repeat(name.length - 2)}1m`);
}

/** Whether a variable stands outside strings. */
export function hasVariable(expr: string): boolean {
  return new RegExp(VARIABLES.source).test(expr.replace(STRINGS, ''));
}

/** Replaces all variables outside strings by durations or names of the same length. */
function maskVariables(expr: string): string {
  const strings = [...expr.matchAll(STRINGS)];
  const masked = maskDurations(expr).replace(VARIABLES, (name) => '_'.repeat(name.length));
  return strings.reduce(
    (text, { 0: string, index }) => text.slice(0, index) + string + text.slice(index + string.length),
    masked
  );
}

/** Adds a matcher to every selector, in place of those on the same label with an equal value. Removes it if all have it. */
export function toggleMatcher(expr: string, filter: Filter): string {
  if (hasMatcher(expr, filter)) {
    return apply(
      expr,
      selectorsOf(expr).flatMap((selector) => removals(expr, selector, filter))
    );
  }
  const opposite: Filter = { ...filter, operator: filter.operator === '=' ? '!=' : '=' };
  const without = apply(
    expr,
    selectorsOf(expr).flatMap((selector) => removals(expr, selector, opposite))
  );
  return apply(
    without,
    selectorsOf(without)
      .filter((selector) => !matchersOf(without, selector).some((matcher) => isSameFilter(matcher, filter)))
      .map((selector) => addition(without, selector, write(filter)))
  );
}

/** Whether every selector has the matcher. */
export function hasMatcher(expr: string, filter: Filter): boolean {
  const selectors = selectorsOf(expr);
  return (
    selectors.length > 0 &&
    selectors.every((selector) => matchersOf(expr, selector).some((matcher) => isSameFilter(matcher, filter)))
  );
}

/** The matchers of the first selector, with its metric as `__name__`. */
export function firstSelector(expr: string): Filter[] {
  const [selector] = selectorsOf(expr);
  if (!selector) {
    return [];
  }
  const name = selector.getChild('Identifier');
  const metric: Filter[] = name ? [{ key: '__name__', operator: '=', value: expr.slice(name.from, name.to) }] : [];
  return [...metric, ...matchersOf(expr, selector).map(({ key, operator, value }) => ({ key, operator, value }))];
}

/** Makes a proposed change. The expression stays as it is if what is to be changed is not in it. */
export function applyFix(expr: string, action: FixAction): string {
  switch (action.type) {
    case 'RENAME': {
      const { from, to } = action.options;
      const words = new RegExp(`${STRINGS.source}|(?<![\\w:$])${from}(?![\\w:])`, 'g');
      return expr.replace(words, (word) => (word === from ? to : word));
    }
    case 'ADD_RATE': {
      const metrics = action.options.metrics.split(' ');
      const bare = selectorsOf(expr).filter(
        (selector) => metrics.includes(metricOf(expr, selector)) && selector.parent?.name !== 'MatrixSelector'
      );
      const wrap = ({ from, to }: SyntaxNode): Edit[] => [
        { from, to: from, insert: 'rate(' },
        { from: to, to, insert: '[$__rate_interval])' },
      ];
      return apply(expr, bare.flatMap(wrap));
    }
    case 'REMOVE_RATE': {
      const { function: name, metric } = action.options;
      return replaceCalls(expr, metric, (call, selector) => (call.startsWith(name) ? selector : undefined));
    }
    case 'ADD_DOWN':
      return replaceCalls(expr, 'up', (call, selector) =>
        /^absent(_over_time)?\s*\(/.test(call) ? `(${selector} == 0 or ${call})` : undefined
      );
  }
}

/** Replaces the calls of functions whose first selector is of a metric. `change` returns undefined for a call that stays. */
function replaceCalls(
  expr: string,
  metric: string,
  change: (call: string, selector: string) => string | undefined
): string {
  const selectors = selectorsOf(expr);
  const edits = nodes(expr, 'FunctionCall').flatMap((call): Edit[] => {
    const selector = selectors.find(({ from, to }) => from >= call.from && to <= call.to);
    const insert =
      selector && metricOf(expr, selector) === metric
        ? change(expr.slice(call.from, call.to), expr.slice(selector.from, selector.to))
        : undefined;
    return insert === undefined ? [] : [{ from: call.from, to: call.to, insert }];
  });
  return apply(expr, edits);
}

function nodes(expr: string, type: string): SyntaxNode[] {
  const found: SyntaxNode[] = [];
  parser.parse(maskVariables(expr)).iterate({ enter: ({ name, node }) => void (name === type && found.push(node)) });
  return found;
}

function selectorsOf(expr: string): SyntaxNode[] {
  return nodes(expr, 'VectorSelector');
}

function metricOf(expr: string, selector: SyntaxNode): string {
  const name = selector.getChild('Identifier');
  return name ? expr.slice(name.from, name.to) : '';
}

type Matcher = Filter & { from: number; to: number };

function matchersOf(expr: string, selector: SyntaxNode): Matcher[] {
  const braces = selector.getChild('LabelMatchers');
  return (braces?.getChildren('UnquotedLabelMatcher') ?? []).flatMap((node) => {
    const [key, operator, value] = ['LabelName', 'MatchOp', 'StringLiteral'].map((part) => {
      const child = node.getChild(part);
      return child ? expr.slice(child.from, child.to) : '';
    }) as [string, string, string];
    return [{ key, operator: operator as FilterOperator, value: stringValue(value), from: node.from, to: node.to }];
  });
}

/** The value of a string. An invalid one stays as it is written. */
function stringValue(text: string): string {
  const read = unquote(text);
  return 'value' in read ? read.value : text.slice(1, -1);
}

function write({ key, operator, value }: Filter): string {
  return key + operator + JSON.stringify(value);
}

function addition(expr: string, selector: SyntaxNode, matcher: string): Edit {
  const braces = selector.getChild('LabelMatchers');
  if (!braces) {
    return { from: selector.to, to: selector.to, insert: `{${matcher}}` };
  }
  const inside = expr.slice(braces.from + 1, braces.to - 1).trim();
  return {
    from: braces.to - 1,
    to: braces.to - 1,
    insert: (inside === '' || inside.endsWith(',') ? '' : ', ') + matcher,
  };
}

/** Removes a matcher together with the comma beside it. */
function removals(expr: string, selector: SyntaxNode, filter: Filter): Edit[] {
  return matchersOf(expr, selector)
    .filter((matcher) => isSameFilter(matcher, filter))
    .map(({ from, to }) => {
      const after = /^\s*,\s*/.exec(expr.slice(to))?.[0].length ?? 0;
      const before = after > 0 ? 0 : (/,\s*$/.exec(expr.slice(0, from))?.[0].length ?? 0);
      return { from: from - before, to: to + after, insert: '' };
    });
}

function apply(expr: string, edits: Edit[]): string {
  return [...edits]
    .sort((a, b) => b.from - a.from || b.to - a.to)
    .reduce((text, { from, to, insert }) => text.slice(0, from) + insert + text.slice(to), expr);
}
