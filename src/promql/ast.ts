/**
 * PromQL expressions as they are evaluated. Every node knows which part of the query it came from: offsets `from` up
 * to, not including, `to`.
 */
import { type Matcher } from './matcher';

export interface Span {
  from: number;
  to: number;
}

export type ValueType = 'scalar' | 'vector' | 'matrix' | 'string';

/** Seconds, or what they are worked out from once step and range of the query are known. */
export type Duration =
  | { kind: 'seconds'; value: number }
  | { kind: 'step' }
  | { kind: 'range' }
  | { kind: 'negated'; operand: Duration }
  | { kind: 'operation'; operator: '+' | '-' | '*' | '/' | '%' | '^' | 'min' | 'max'; left: Duration; right: Duration };

/** When a selector or a subquery looks: shifted by `offset`, at a fixed time instead of the step's. */
export interface Shift {
  offset?: Duration;
  /** Milliseconds, or the start or end of the query. */
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
  /** Which side may have several series for each one of the other. */
  many?: 'left' | 'right';
  /** Labels taken from the side of the one. */
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

/** The expression without the parentheses around it. */
export function unwrap(expr: Expr): Expr {
  return expr.kind === 'paren' ? unwrap(expr.expr) : expr;
}
