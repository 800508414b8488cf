import { type SyntaxNode } from '@lezer/common';
import { type Aggregation, type Call, type Expr, type Selector } from './ast';
import { ParseError, UnsupportedError } from './errors';
import { notUtf8, unquote } from './literals';
import { matcher, type Matcher, type MatchOperator } from './matcher';
import { aggregations, signatures, unsupportedAggregations, unsupportedFunctions } from './signatures';

type Parse = (node: SyntaxNode, query: string) => Expr;

export function children(node: SyntaxNode): SyntaxNode[] {
  const all: SyntaxNode[] = [];
  for (let child = node.firstChild; child; child = child.nextSibling) {
    if (child.name !== 'LineComment') {
      all.push(child);
    }
  }
  return all;
}

function text({ from, to }: SyntaxNode, query: string): string {
  return query.slice(from, to);
}

export function string(node: SyntaxNode, query: string): string {
  const result = unquote(text(node, query));
  if ('error' in result && result.error === notUtf8) {
    throw new UnsupportedError('a string that is not UTF-8', query, node.from);
  }
  if ('error' in result) {
    throw new ParseError(result.error, query, node.from);
  }
  return result.value;
}

/** The label names in parentheses after by, without, on, ignoring, group_left and group_right. */
export function labelList(node: SyntaxNode, query: string): string[] {
  return children(node).map((child) =>
    child.name === 'QuotedLabelName' ? string(child.firstChild!, query) : text(child, query)
  );
}

export function selector(node: SyntaxNode, query: string): Selector {
  const { from, to } = node;
  const name = node.getChild('Identifier');
  const list = node.getChild('LabelMatchers');
  const matchers = list ? children(list).map((child) => oneMatcher(child, query)) : [];
  const named = matchers.filter(({ label }) => label === '__name__');
  if (name && named.length > 0) {
    const names = `"${text(name, query)}" or "${named[0]!.value}"`;
    throw new ParseError(`metric name must not be set twice: ${names}`, query, from);
  }
  if (name) {
    matchers.push(matcher('__name__', '=', text(name, query)));
  }
  if (matchers.every((one) => one.matches(''))) {
    throw new ParseError('vector selector must contain at least one non-empty matcher', query, from);
  }
  return { kind: 'selector', matchers, from, to };
}

function oneMatcher(node: SyntaxNode, query: string): Matcher {
  if (node.name === 'QuotedLabelName') {
    return matcher('__name__', '=', string(node.firstChild!, query));
  }
  const [label, operator, value] = children(node);
  const name = label!.name === 'QuotedLabelName' ? string(label!.firstChild!, query) : text(label!, query);
  const given = string(value!, query);
  try {
    return matcher(name, text(operator!, query) as MatchOperator, given);
  } catch (error) {
    throw new ParseError(`the regular expression "${given}": ${(error as Error).message}`, query, value!.from);
  }
}

export function call(node: SyntaxNode, query: string, parse: Parse): Call {
  const { from, to } = node;
  const name = text(node.firstChild!, query);
  if (unsupportedFunctions.has(name)) {
    throw new UnsupportedError(`the function ${name}`, query, from);
  }
  if (!signatures.has(name)) {
    throw new ParseError(`unknown function with name "${name}"`, query, from);
  }
  return { kind: 'call', name, args: children(node.lastChild!).map((arg) => parse(arg, query)), from, to };
}

export function aggregation(node: SyntaxNode, query: string, parse: Parse): Aggregation {
  const { from, to } = node;
  const operator = text(node.firstChild!, query).toLowerCase();
  if (unsupportedAggregations.has(operator)) {
    throw new UnsupportedError(`the aggregation ${operator}`, query, from);
  }
  const modifier = node.getChild('AggregateModifier');
  const args = children(node.getChild('FunctionCallBody')!).map((arg) => parse(arg, query));
  const expected = aggregations.get(operator) ? 2 : 1;
  if (args.length !== expected) {
    const counts = `expected ${expected}, got ${args.length}`;
    throw new ParseError(`wrong number of arguments for aggregate expression provided, ${counts}`, query, from);
  }
  return {
    kind: 'aggregation',
    operator,
    parameter: expected === 2 ? args[0] : undefined,
    expr: args.at(-1)!,
    grouping: modifier ? labelList(modifier.lastChild!, query) : [],
    without: modifier?.firstChild?.name === 'Without',
    from,
    to,
  };
}
