/** Limits on an expression, checked before it is parsed: parser and evaluator recurse into it. */
export interface Bounds {
  /** Maximum size in bytes; limits.expressionSizeLimit. */
  sizeBytes: number;
  /** Maximum nesting; limits.expressionDepthLimit. */
  depth: number;
}

/** Says how an expression exceeds the bounds, in the backend's words; undefined when it does not. */
export function exceededBound(expr: string, bounds: Bounds): string | undefined {
  // A code unit takes one to three bytes, so most expressions need not be encoded.
  const size = 3 * expr.length <= bounds.sizeBytes ? 0 : new TextEncoder().encode(expr).length;
  if (size > bounds.sizeBytes) {
    return `the expression has ${size} bytes, and limits.expressionSizeLimit is ${bounds.sizeBytes} bytes: shorten it, or raise the limit`;
  }
  if (depthOf(expr, bounds.depth) > bounds.depth) {
    return `the expression is nested deeper than limits.expressionDepthLimit, which is ${bounds.depth}: split it, or raise the limit. Operators in a row count as levels`;
  }
  return undefined;
}

/** An open bracket. */
interface Level {
  /** Operators directly inside. */
  operators: number;
  /** Height of the highest closed bracket inside. */
  deepest: number;
  /** Braces hold matchers, whose operators do not count. */
  isMatchers: boolean;
}

const tokens =
  /"(?:[^"\\]|\\[^])*(?:"|\\?$)|'(?:[^'\\]|\\[^])*(?:'|\\?$)|`[^`]*(?:`|$)|#.*|[([{]|[)\]}]|[\w:.\x80-\uffff]+|[-+*/%^]|[=!<>][=~]*/g;
const operatorWord = /^(?:and|or|unless|atan2)$/i;

/**
 * An upper bound of the height of an expression's syntax tree. Each bracket is a level, and so is each operator, because a
 * chain of operators is a tree that leans to one side. Stops when more than `limit` brackets are open.
 */
export function depthOf(expr: string, limit: number): number {
  const open: Level[] = [{ operators: 0, deepest: 0, isMatchers: false }];
  for (const [token] of expr.matchAll(tokens)) {
    const top = open.at(-1)!;
    switch (token[0]) {
      case '"':
      case "'":
      case '`':
      case '#':
        break;
      case '(':
      case '[':
      case '{':
        top.operators += token === '[' ? 1 : 0; // a subquery is a level around what precedes it
        if (open.length > limit) {
          return limit + 1;
        }
        open.push({ operators: 0, deepest: 0, isMatchers: token === '{' });
        break;
      case ')':
      case ']':
      case '}':
        if (open.length > 1) {
          open.pop();
          const outer = open.at(-1)!;
          outer.deepest = Math.max(outer.deepest, top.operators + top.deepest + 1);
        }
        break;
      case '=':
      case '!':
      case '<':
      case '>':
        top.operators += top.isMatchers ? 0 : 1;
        break;
      default:
        top.operators += /^[-+*/%^]/.test(token) || operatorWord.test(token) ? 1 : 0;
    }
  }
  const unclosed = open.reduce((height, { operators }) => height + operators + 1, 0);
  return Math.max(unclosed, open[0]!.operators + open[0]!.deepest + 1);
}
