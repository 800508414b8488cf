import { parser } from '@prometheus-io/lezer-promql';
import { type Duration, type Expr, type Selector, type Shift } from './ast';
import { milliseconds } from './durations';
import { UnsupportedError } from './errors';
import { type MatchOperator } from './matcher';

/** All selectors of an expression. */
export function selectorsOf(expr: Expr): Selector[] {
  switch (expr.kind) {
    case 'number':
    case 'string':
      return [];
    case 'selector':
      return [expr];
    case 'range':
      return [expr.selector];
    case 'call':
      return expr.args.flatMap(selectorsOf);
    case 'binary':
      return [...selectorsOf(expr.left), ...selectorsOf(expr.right)];
    case 'aggregation':
      return [...(expr.parameter ? selectorsOf(expr.parameter) : []), ...selectorsOf(expr.expr)];
    default:
      return selectorsOf(expr.expr);
  }
}

/**
 * How far before a step an expression reads samples, in milliseconds. `range` is the length of the query, which `@ start()`
 * depends on. Throws an {@link UnsupportedError} for fixed times and calculated durations.
 */
export function lookbackOf(expr: Expr, text: string, range: number, lookback = 300_000): number {
  const at = expr.from;
  const length = (duration: Duration | undefined): number => {
    if (duration && duration.kind !== 'seconds' && duration.kind !== 'negated') {
      throw new UnsupportedError('a calculated duration', text, at);
    }
    return duration ? milliseconds(duration, { step: 0, range: 0 }) : 0;
  };
  const back = ({ offset, at: fixed }: Shift): number => {
    if (typeof fixed === 'number') {
      throw new UnsupportedError('a fixed time', text, at);
    }
    return length(offset) + (fixed === 'start' ? range : 0);
  };
  const inner = (one: Expr) => lookbackOf(one, text, range, lookback);
  switch (expr.kind) {
    case 'number':
    case 'string':
      return 0;
    case 'selector':
      return back(expr) + lookback;
    case 'range':
      return back(expr.selector) + length(expr.range);
    case 'subquery':
      return back(expr) + length(expr.range) + (length(expr.step) || 60_000) + inner(expr.expr);
    case 'call':
      return Math.max(0, ...expr.args.map(inner));
    case 'binary':
      return Math.max(inner(expr.left), inner(expr.right));
    case 'aggregation':
      return Math.max(expr.parameter ? inner(expr.parameter) : 0, inner(expr.expr));
    default:
      return inner(expr.expr);
  }
}

/** A condition to add to selectors. */
export interface Condition {
  label: string;
  operator: MatchOperator;
  value: string;
}

/** Adds conditions to every selector of an expression. The rest of the text is unchanged. */
export function withConditions(text: string, conditions: readonly Condition[]): string {
  if (conditions.length === 0) {
    return text;
  }
  const added = conditions.map(({ label, operator, value }) => label + operator + JSON.stringify(value)).join(',');
  const places: Array<{ at: number; insert: string }> = [];
  parser.parse(text).iterate({
    enter: ({ name, node }) => {
      if (name !== 'VectorSelector') {
        return;
      }
      const braces = node.getChild('LabelMatchers');
      if (!braces) {
        places.push({ at: node.to, insert: `{${added}}` });
        return;
      }
      const last = braces.lastChild;
      const isOpen = last !== null && !text.slice(last.to, braces.to).includes(',');
      places.push({ at: braces.to - 1, insert: (isOpen ? ',' : '') + added });
    },
  });
  return places
    .sort((a, b) => b.at - a.at)
    .reduce((result, { at, insert }) => result.slice(0, at) + insert + result.slice(at), text);
}
