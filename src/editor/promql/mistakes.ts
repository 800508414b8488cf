import { hasVariable, maskDurations } from '../../promqlEdits';
import { parse, ParseError } from '../../promql';

/** A mistake in an expression. The offsets are those of the text; `to` is exclusive. */
export interface Mistake {
  from: number;
  to: number;
  message: string;
}

/** The first mistake in an expression; undefined if there is none, or if a variable stands where its value decides. */
export function findMistake(expr: string): Mistake | undefined {
  const text = maskDurations(expr);
  if (text.trim() === '' || hasVariable(text)) {
    return undefined;
  }
  try {
    parse(text);
  } catch (error) {
    // The backend knows more of PromQL than the browser does, so what is only unsupported here is no mistake.
    if (error instanceof ParseError) {
      return mark(expr, error.offset, error.reason);
    }
  }
  return undefined;
}

const POSITION = /^the expression cannot be parsed at (?:line (\d+), )?character (\d+): ([^]*)$/;

/** The mistake that a message of the backend names, if it counts in the same text: variables and filters would shift it. */
export function readMistake(expr: string, message: string): Mistake | undefined {
  const found = POSITION.exec(message);
  if (!found || expr.includes('$')) {
    return undefined;
  }
  const [, line = '1', character = '1', reason = ''] = found;
  const before = expr.split('\n').slice(0, Number(line) - 1);
  const start = before.reduce((length, one) => length + one.length + 1, 0);
  return mark(expr, start + Number(character) - 1, reason);
}

/** Marks the word at an offset, or the last character if the text ends too early. */
function mark(expr: string, offset: number, message: string): Mistake {
  const end = expr.trimEnd().length;
  const from = Math.max(0, Math.min(offset, end - 1));
  const word = /^(?:[\w:.]+|[^])/.exec(expr.slice(from))?.[0] ?? '';
  return { from, to: from + Math.max(1, word.length), message };
}
