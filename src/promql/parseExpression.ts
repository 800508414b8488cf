import { type SyntaxNode } from '@lezer/common';
import { type Binary, type Expr, type Matching } from './ast';
import { duration } from './durations';
import { ParseError, UnsupportedError } from './errors';
import { parseNumber } from './literals';
import { isRightAssociative, precedence, signPrecedence } from './operators';
import { aggregation, call, children, labelList, selector, string } from './parseParts';

type Operator = Pick<Binary, 'operator' | 'bool' | 'matching'>;
type Item = { operand: Expr } | { sign: '+' | '-'; from: number } | { infix: Operator };

/**
 * Parses an expression. The grammar is made for highlighting: in its tree, `offset`, `@` and `[5m:]` apply to everything to
 * their left. The tree is therefore flattened into operands and operators in the order of the text, each suffix belonging
 * to the operand before it, and operator precedence is applied again.
 */
export function expression(node: SyntaxNode | null, query: string): Expr {
  const items: Item[] = [];
  flatten(node!, query, items);
  return bind(items, query);
}

function flatten(node: SyntaxNode, query: string, items: Item[]): void {
  switch (node.name) {
    case 'BinaryExpr': {
      const parts = children(node);
      flatten(parts[0]!, query, items);
      items.push({ infix: infix(parts.slice(1, -1), query) });
      return flatten(parts.at(-1)!, query, items);
    }
    case 'UnaryExpr':
      items.push({ sign: query[node.from] === '-' ? '-' : '+', from: node.from });
      return flatten(node.lastChild!, query, items);
    case 'NumberDurationLiteral':
      return flattenNumber(node, query, items);
    case 'OffsetExpr':
    case 'StepInvariantExpr':
    case 'MatrixSelector':
    case 'SubqueryExpr': {
      flatten(node.firstChild!, query, items);
      const last = items.pop() as { operand: Expr };
      items.push({ operand: suffixed(last.operand, node, query) });
      return;
    }
    case 'AnchoredExpr':
    case 'SmoothedExpr':
      throw new UnsupportedError(`the modifier ${node.lastChild!.name.toLowerCase()}`, query, node.lastChild!.from);
    default:
      items.push({ operand: operand(node, query) });
  }
}

function flattenNumber({ from, to }: SyntaxNode, query: string, items: Item[]): void {
  const text = query.slice(from, to);
  const sign = /^[-+]\s*/.exec(text)?.[0] ?? '';
  if (sign) {
    items.push({ sign: sign[0] as '+' | '-', from });
  }
  const value = parseNumber(text.slice(sign.length));
  if (value === undefined) {
    throw new ParseError(`bad number or duration syntax: "${text}"`, query, from);
  }
  items.push({ operand: { kind: 'number', value, from: from + sign.length, to } });
}

function operand(node: SyntaxNode, query: string): Expr {
  const { from, to } = node;
  switch (node.name) {
    case 'ParenExpr':
      return { kind: 'paren', expr: expression(node.firstChild, query), from, to };
    case 'StringLiteral':
      return { kind: 'string', value: string(node, query), from, to };
    case 'VectorSelector':
      return selector(node, query);
    case 'FunctionCall':
      return call(node, query, expression);
    case 'AggregateExpr':
      return aggregation(node, query, expression);
    default:
      throw new UnsupportedError(`the construct ${node.name}`, query, from);
  }
}

/** An operand with its suffix: a range, a subquery, an offset or `@`. */
function suffixed(expr: Expr, node: SyntaxNode, query: string): Expr {
  const { from } = expr;
  const { to } = node;
  const parts = children(node);
  switch (node.name) {
    case 'MatrixSelector':
      if (expr.kind !== 'selector') {
        throw new ParseError('ranges only allowed for vector selectors', query, from);
      }
      if (expr.offset || expr.at !== undefined) {
        const which = expr.offset ? 'offset' : '@';
        throw new ParseError(`no ${which} modifiers allowed before range`, query, from);
      }
      return { kind: 'range', selector: expr, range: duration(parts[1]!, query), from, to };
    case 'SubqueryExpr': {
      const step = parts[2] && duration(parts[2], query);
      return { kind: 'subquery', expr, range: duration(parts[1]!, query), step, from, to };
    }
    default:
      return shifted(expr, parts.slice(1), query, to);
  }
}

function shifted(expr: Expr, parts: SyntaxNode[], query: string, to: number): Expr {
  const target = expr.kind === 'range' ? expr.selector : expr;
  const isOffset = parts[0]!.name === 'Offset';
  const name = isOffset ? 'offset' : '@';
  if (target.kind !== 'selector' && target.kind !== 'subquery') {
    const allowed = 'an instant vector selector or range vector selector or a subquery';
    throw new ParseError(`${name} modifier must be preceded by ${allowed}`, query, expr.from);
  }
  if (isOffset ? target.offset : target.at !== undefined) {
    throw new ParseError(`${name} may not be set multiple times`, query, parts[0]!.from);
  }
  const shift = isOffset ? { offset: duration(parts[1]!, query) } : { at: fixed(parts[1]!, query) };
  const moved = { ...target, ...shift, to };
  return expr.kind === 'range' && moved.kind === 'selector' ? { ...expr, selector: moved, to } : moved;
}

function fixed(node: SyntaxNode, query: string): number | 'start' | 'end' {
  if (node.name === 'AtModifierPreprocessors') {
    return node.firstChild!.name === 'AtStart' ? 'start' : 'end';
  }
  const text = query.slice(node.from, node.to).replace(/^([-+])\s+/, '$1');
  const seconds = parseNumber(text);
  if (seconds === undefined || !Number.isFinite(seconds) || Math.abs(seconds) >= 2 ** 63 / 1000) {
    throw new ParseError(`timestamp out of bounds for @ modifier: ${text}`, query, node.from);
  }
  return Math.round(seconds * 1000);
}

function infix(parts: SyntaxNode[], query: string): Operator {
  const [sign, ...modifiers] = parts;
  const operator = query.slice(sign!.from, sign!.to).toLowerCase();
  if (precedence[operator] === undefined) {
    throw new UnsupportedError(`the operator ${operator}`, query, sign!.from);
  }
  const matching: Matching = { on: false, labels: [], include: [] };
  let bool = false;
  for (const node of modifiers) {
    if (node.name === 'BoolModifier') {
      bool = true;
    } else if (node.name === 'MatchingModifierClause') {
      Object.assign(matching, clause(node, query));
    } else {
      throw new UnsupportedError('the modifier fill', query, node.from);
    }
  }
  return { operator, bool, matching };
}

function clause(node: SyntaxNode, query: string): Matching {
  const many = node.getChild('GroupLeft') ? 'left' : node.getChild('GroupRight') ? 'right' : undefined;
  const [labels, include] = node.getChildren('GroupingLabels').map((list) => labelList(list, query));
  return { on: node.getChild('On') !== null, labels: labels ?? [], many, include: include ?? [] };
}

/** Builds the tree of a sequence of operands and operators by precedence. */
function bind(items: Item[], query: string): Expr {
  let at = 0;
  const operandAt = (): Expr => {
    const item = items[at++]!;
    if ('sign' in item) {
      const expr = level(signPrecedence);
      return { kind: 'unary', operator: item.sign, expr, from: item.from, to: expr.to };
    }
    return (item as { operand: Expr }).operand;
  };
  const level = (least: number): Expr => {
    let left = operandAt();
    for (let item = items[at]; item && 'infix' in item; item = items[at]) {
      const { infix } = item;
      const binds = precedence[infix.operator]!;
      if (binds < least) {
        break;
      }
      at++;
      const right = level(isRightAssociative(infix.operator) ? binds : binds + 1);
      left = { kind: 'binary', ...infix, left, right, from: left.from, to: right.to };
    }
    return left;
  };
  const expr = level(0);
  if (at < items.length) {
    throw new ParseError('unexpected operator', query, expr.to);
  }
  return expr;
}
