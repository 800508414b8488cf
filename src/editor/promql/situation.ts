import { type Filter, type FilterOperator } from '../../query';

/** What can be written at a position of an expression. The text from `from` on up to the position is already a part of it. */
export type Situation = { from: number } &
  /** The name of a label, in a selector or in the labels of an aggregation or a match. */
  (
    | { kind: 'label'; place: 'matcher' | 'list'; metrics: string[]; used: string[] }
    /** The value of a label. `isOpen` when the quote is already there. */
    | { kind: 'value'; metric: string | undefined; label: string; others: Filter[]; isOpen: boolean }
    | { kind: 'duration' }
    /** A metric, function, aggregation or keyword. */
    | { kind: 'expression' }
    /** Free text: a comment, a number or another string. */
    | { kind: 'nothing' }
  );

const TOKEN = new RegExp(
  [
    '#[^\\n]*',
    '"(?:\\\\[^]|[^"\\\\])*"?|\'(?:\\\\[^]|[^\'\\\\])*\'?|`[^`]*`?',
    '\\$\\{[^}]*\\}?|\\$\\w*',
    '[a-zA-Z_:][\\w:]*',
    '[\\d.]+\\w*',
    '=~|!~|!=|==|>=|<=|[^\\s]',
  ].join('|'),
  'g'
);
const NAME = /^[a-zA-Z_:][\w:]*$/;
const OPERATOR = /^(=|!=|=~|!~)$/;
/** Words that are followed by a list of labels in brackets. */
const LABEL_LISTS = ['by', 'without', 'on', 'ignoring', 'group_left', 'group_right'];

interface Open {
  bracket: string;
  /** The token before the bracket. */
  before: string;
  /** The tokens inside, up to the position. */
  tokens: string[];
}

/**
 * Finds what can be written at a position. It reads the text before the position token by token, because an expression that
 * is being written can rarely be parsed.
 */
export function findSituation(text: string, position: number): Situation {
  const head = text.slice(0, position);
  const written = [...head.matchAll(TOKEN)].map(([token]) => token);
  const last = written.at(-1) ?? '';
  const touches = head.endsWith(last) && last !== '';
  const isUnclosed = touches && isOpenString(last);
  // A word that is being written is not yet part of the text.
  const isWord = touches && (NAME.test(last) || last.startsWith('$') || /^[\d.]/.test(last));
  const done = isUnclosed || isWord ? written.slice(0, -1) : written;
  const from = position - (isUnclosed ? last.length - 1 : isWord ? last.length : 0);
  if (touches && last.startsWith('#')) {
    return { kind: 'nothing', from };
  }
  const open = innermost(done);
  const previous = done.at(-1) ?? '';

  if (open?.bracket === '{') {
    const operator = previous;
    const label = done.at(-2) ?? '';
    if (OPERATOR.test(operator) && NAME.test(label)) {
      const others = matchersOf(open.tokens.slice(0, -2));
      return { kind: 'value', from, metric: metricOf(open), label, others, isOpen: isUnclosed };
    }
    if (isUnclosed || (previous !== '{' && previous !== ',')) {
      return { kind: 'nothing', from };
    }
    const metric = metricOf(open);
    const used = matchersOf(open.tokens).map(({ key }) => key);
    return { kind: 'label', place: 'matcher', from, metrics: metric === undefined ? [] : [metric], used };
  }
  if (isUnclosed) {
    return { kind: 'nothing', from };
  }
  if (open?.bracket === '[' || previous === 'offset') {
    return { kind: 'duration', from };
  }
  if (touches && /^[\d.]/.test(last)) {
    return { kind: 'nothing', from };
  }
  if (open?.bracket === '(' && LABEL_LISTS.includes(open.before)) {
    const used = open.tokens.filter((token) => NAME.test(token));
    return { kind: 'label', place: 'list', from, metrics: namesOf(text), used };
  }
  return { kind: 'expression', from };
}

/** Every name in an expression that may be a metric. */
export function namesOf(text: string): string[] {
  const names: string[] = [];
  let braces = 0;
  for (const [token] of text.matchAll(TOKEN)) {
    braces += token === '{' ? 1 : token === '}' ? -1 : 0;
    if (braces === 0 && NAME.test(token)) {
      names.push(token);
    }
  }
  return [...new Set(names)];
}

function isOpenString(token: string): boolean {
  const quote = token.charAt(0);
  return '"\'`'.includes(quote) && !(token.length > 1 && token.endsWith(quote) && !/\\"$/.test(token));
}

function innermost(tokens: string[]): Open | undefined {
  const stack: Open[] = [];
  tokens.forEach((token, i) => {
    if ('([{'.includes(token)) {
      stack.push({ bracket: token, before: tokens[i - 1] ?? '', tokens: [] });
    } else if (')]}'.includes(token)) {
      stack.pop();
    } else {
      stack.at(-1)?.tokens.push(token);
    }
  });
  return stack.at(-1);
}

function metricOf({ before, tokens }: Open): string | undefined {
  if (NAME.test(before)) {
    return before;
  }
  return matchersOf(tokens).find(({ key, operator }) => key === '__name__' && operator === '=')?.value;
}

/** The complete matchers in the tokens between braces. */
function matchersOf(tokens: string[]): Filter[] {
  return tokens.flatMap((key, i) => {
    const [operator = '', value = ''] = tokens.slice(i + 1);
    return NAME.test(key) && OPERATOR.test(operator) && /^["'`]/.test(value)
      ? [{ key, operator: operator as FilterOperator, value: value.slice(1, -1) }]
      : [];
  });
}
