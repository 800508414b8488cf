import { type SyntaxNode } from '@lezer/common';
import { type Duration } from './ast';
import { EvaluationError, ParseError } from './errors';
import { parseNumber } from './literals';

const operators = { Add: '+', Sub: '-', Mul: '*', Div: '/', Mod: '%', Pow: '^' } as const;

/** Parses a duration: a range, the step of a subquery, or an offset. */
export function duration(node: SyntaxNode, query: string): Duration {
  const parts: SyntaxNode[] = [];
  for (let child = node.firstChild; child; child = child.nextSibling) {
    parts.push(child);
  }
  const [first, second, third] = parts;
  switch (first?.name) {
    case undefined:
    case 'NumberDurationLiteralInDurationContext': {
      const value = parseNumber(query.slice(node.from, node.to));
      if (value === undefined) {
        throw new ParseError(`bad number or duration syntax: "${query.slice(node.from, node.to)}"`, query, node.from);
      }
      return { kind: 'seconds', value };
    }
    case 'DurationStep':
      return { kind: 'step' };
    case 'DurationRange':
      return { kind: 'range' };
    case 'DurationMinOf':
    case 'DurationMaxOf': {
      const operator = first.name === 'DurationMinOf' ? 'min' : 'max';
      return { kind: 'operation', operator, left: duration(second!, query), right: duration(third!, query) };
    }
    case 'UnaryOp': {
      const operand = duration(second!, query);
      return query[first.from] === '-' ? { kind: 'negated', operand } : operand;
    }
    default: {
      const operator = operators[second?.name as keyof typeof operators];
      const left = duration(first!, query);
      return operator ? { kind: 'operation', operator, left, right: duration(third!, query) } : left;
    }
  }
}

/** The step of a query, and the time from its first step to its last, in seconds. */
export interface QueryTimes {
  step: number;
  range: number;
}

/** A duration in whole milliseconds, rounded down. As in Prometheus, plain numbers are first rounded to nanoseconds. */
export function milliseconds(given: Duration, times: QueryTimes): number {
  const value = seconds(given, times);
  return Math.trunc(given.kind === 'operation' ? value * 1000 : Math.round(value * 1e9) / 1e6);
}

function seconds(given: Duration, times: QueryTimes): number {
  switch (given.kind) {
    case 'seconds':
      return given.value;
    case 'step':
      return times.step;
    case 'range':
      return times.range;
    case 'negated':
      return -seconds(given.operand, times);
    case 'operation':
      return operate(given.operator, seconds(given.left, times), seconds(given.right, times));
  }
}

function operate(operator: string, left: number, right: number): number {
  if (right === 0 && (operator === '/' || operator === '%')) {
    throw new EvaluationError(operator === '/' ? 'division by zero' : 'modulo by zero');
  }
  switch (operator) {
    case '+':
      return left + right;
    case '-':
      return left - right;
    case '*':
      return left * right;
    case '/':
      return left / right;
    case '%':
      return left % right;
    case '^':
      return left ** right;
    case 'min':
      return Math.min(left, right);
    default:
      return Math.max(left, right);
  }
}
