import { parser } from '@prometheus-io/lezer-promql';
import { type SyntaxNode, type Tree } from '@lezer/common';
import { type Expr } from './ast';
import { check } from './check';
import { ParseError, UnsupportedError } from './errors';
import { expression } from './parseExpression';
import { unsupportedFunctions } from './signatures';

/**
 * Parses and checks an expression as Prometheus does. Throws a {@link ParseError} when it is not PromQL, and an
 * {@link UnsupportedError} when it is PromQL that this evaluator does not support.
 */
export function parse(query: string): Expr {
  if (query.trim() === '') {
    throw new ParseError('no expression found in input', query, 0);
  }
  const tree = parser.parse(plain(query));
  refuseErrors(tree, query);
  const expr = expression(tree.topNode.firstChild, query);
  check(expr, query);
  return expr;
}

const strings = /"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'|`[^`]*`|#.*/g;

/** The query in the form that the grammar knows, which accepts neither `1.` nor `STEP()`. All offsets are preserved. */
function plain(query: string): string {
  return query
    .replace(strings, (text) => '\0'.repeat(text.length))
    .replace(/(?<![\w.:])(\d+)\.(?![\w.])/g, '$1 ')
    .replace(/\b(?:step|range)(?=\s*\(\s*\))/gi, (word) => word.toLowerCase())
    .replace(/\0+/g, (gap, at: number) => query.slice(at, at + gap.length));
}

function refuseErrors(tree: Tree, query: string): void {
  let error: SyntaxNode | undefined;
  tree.iterate({
    enter: ({ node }) => {
      error ??= node.type.isError ? node : undefined;
      return error === undefined;
    },
  });
  if (!error) {
    return;
  }
  const found = query.slice(error.from).trimStart().slice(0, 20);
  const { parent } = error;
  if (parent?.name === 'VectorSelector' && found.startsWith('(')) {
    const name = query.slice(parent.from, error.from).trim();
    if (unsupportedFunctions.has(name)) {
      throw new UnsupportedError(`the function ${name}`, query, parent.from);
    }
    throw new ParseError(`unknown function with name "${name}"`, query, parent.from);
  }
  // The grammar reports its error at such a name or after it.
  const bare = query.replace(strings, (text) => ' '.repeat(text.length));
  const unquoted = /[^\0-\x7f]|[A-Za-z_]\w*\./.exec(bare);
  if (unquoted) {
    throw new UnsupportedError('an unquoted UTF-8 name', query, unquoted.index);
  }
  throw new ParseError(found === '' ? 'unexpected end of input' : `unexpected "${found}"`, query, error.from);
}
