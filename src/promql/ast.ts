/** PromQL expressions. Every node has its position in the query: from offset `from` up to, but excluding, `to`. */
import { type Matcher } from './matcher';

export interface Span {
  from: number;
  to: number;
}

export type ValueType = 'scalar' | 'vector' | 'matrix' | 'string';

/** A duration: seconds, or an expression that depends on the step and range of the query. */
export type Duration =
  | { kind: 'seconds'; value: number }
  | { kind: 'step' }
  | { kind: 'range' }
  | { kind: 'negated'; operand: Duration }
  | { kind: 'operation'; operator: '+' | '-' | '*' | '/' | '%' | '^' | 'min' | 'max'; left: Duration; right: Duration };

/** The `offset` and `@` modifiers of a selector or subquery. */
export interface Shift {
  offset?: Duration;
  /** The time of `@` in milliseconds, or the start or end of the query. */
  at?: number | 'start' | 'end';
}

export interface NumberLiteral extends Span {
  kind: 'number';
  value: number;
}

export interface StringLiteral extends Span {
  kind: 'string';
  value: string;
}

export interface Selector extends Span, Shift {
  kind: 'selector';
  matchers: Matcher[];
}

export interface RangeSelector extends Span {
  kind: 'range';
  selector: Selector;
  range: Duration;
}

export interface Subquery extends Span, Shift {
  kind: 'subquery';
  expr: Expr;
  range: Duration;
  step?: Duration;
}

export interface Call extends Span {
  kind: 'call';
  name: string;
  args: Expr[];
}

export interface Aggregation extends Span {
  kind: 'aggregation';
  operator: string;
  parameter?: Expr;
  expr: Expr;
  grouping: string[];
  without: boolean;
}

export interface Unary extends Span {
  kind: 'unary';
  operator: '+' | '-';
  expr: Expr;
}

export interface Matching {
  /** `on` the labels, or `ignoring` them. */
  on: boolean;
  labels: string[];
  /** The side that may have several matches for each series of the other. */
  many?: 'left' | 'right';
  /** Labels copied from the side with one match. */
  include: string[];
}

export interface Binary extends Span {
  kind: 'binary';
  operator: string;
  left: Expr;
  right: Expr;
  bool: boolean;
  matching: Matching;
}

export interface Paren extends Span {
  kind: 'paren';
  expr: Expr;
}

export type Expr =
  NumberLiteral | StringLiteral | Selector | RangeSelector | Subquery | Call | Aggregation | Unary | Binary | Paren;

/** The expression without enclosing parentheses. */
export function unwrap(expr: Expr): Expr {
  return expr.kind === 'paren' ? unwrap(expr.expr) : expr;
}
