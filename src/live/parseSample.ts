/** One line of an answer taken apart; the same rules as the backend's (pkg/scrape/read_line.go). */
import { isNumber } from './parseNumber';

/** Reasons for which a line is refused. They are data: tests/corpora/exposition holds them, for every reader. */
export const reasons = {
  garbage: 'not a sample: a name, labels in braces and a number were expected',
  noValue: 'no value',
  open: 'the label set is not closed',
  followed: 'something follows the value, as if two samples had run together',
  cut: 'the answer ends in the middle of this line',
};

export interface Line {
  /** Name and labels as written. */
  series: string;
  name: string;
  labels: Array<[string, string]>;
  /** As written; it may be no number. */
  value: string;
  /** `series` is how these labels are written plainly; see {@link readPlain}. */
  isPlain?: boolean;
}

/** A line, or the reason why it is none. */
export type Parsed = Line | { refused: string };

/** A label's value after its opening quote, and what follows the closing one; nothing where it is not closed. */
export type ReadValue = (text: string) => { value: string; rest: string } | undefined;

/** How many lines a label's value may run over. */
const maxContinuations = 8;
// Letters a name may have, and those (2) that it may not begin with. Dots and dashes are taken as part of a name, as Falco
// before 0.39 did not clean its labels.
const nameLetters = Uint8Array.from({ length: 128 }, (_, code) => {
  const letter = String.fromCharCode(code);
  return /[A-Za-z_:]/.test(letter) ? 1 : /[0-9.-]/.test(letter) ? 2 : 0;
});

/** How long the name is with which a text begins. */
function nameLength(text: string): number {
  for (let at = 0; at < text.length; at++) {
    const kind = nameLetters[text.charCodeAt(at)];
    if (!kind || (kind === 2 && at === 0)) {
      return at;
    }
  }
  return text.length;
}

/**
 * How values are read by the target's kind. Falco escapes nothing, so that a backslash is a backslash (and one before a
 * quote may be the value's last character). Falcosidekick escapes as Prometheus has it, always.
 */
export function valuesOf(kind: 'falco' | 'falcosidekick'): ReadValue {
  return kind === 'falco' ? verbatim : quoted;
}

/**
 * Takes a line apart, first as its writer should have written it, then with quotes in values: only where the label set
 * itself cannot be read, so that two samples that have run together are never taken for one.
 */
export function parseLine(line: string, readValue: ReadValue): Parsed {
  const parsed = parseWith(line, readValue);
  const failed = 'refused' in parsed ? parsed.refused : '';
  if (failed === reasons.open || (failed === reasons.garbage && line.includes('"'))) {
    return parseWith(line, unquoted);
  }
  return parsed;
}

function parseWith(line: string, readValue: ReadValue): Parsed {
  const name = line.slice(0, nameLength(line));
  if (name === '') {
    return { refused: reasons.garbage };
  }
  let rest = line.slice(name.length);
  const open = skipBlanks(rest);
  let labels: Line['labels'] = [];
  if (open[0] === '{') {
    const set = parseLabels(open.slice(1), readValue);
    if ('refused' in set) {
      return set;
    }
    ({ labels, rest } = set);
  } else if (rest !== '' && open === rest) {
    return { refused: reasons.garbage };
  }
  const value = parseValue(skipBlanks(rest));
  return typeof value === 'string' ? { series: line.slice(0, line.length - rest.length), name, labels, value } : value;
}

/** Reads a label set after its opening brace; `rest` is what follows the closing one. */
function parseLabels(
  text: string,
  readValue: ReadValue
): { labels: Line['labels']; rest: string } | { refused: string } {
  const labels: Line['labels'] = [];
  let rest = skipBlanks(text);
  for (;;) {
    if (rest[0] === '}') {
      return { labels, rest: rest.slice(1) };
    }
    const name = rest.slice(0, nameLength(rest));
    const equals = rest === '' ? '' : skipBlanks(rest.slice(name.length));
    if (equals === '') {
      return { refused: reasons.open };
    }
    if (name === '' || equals[0] !== '=') {
      return { refused: reasons.garbage };
    }
    const quote = skipBlanks(equals.slice(1));
    if (quote[0] !== '"') {
      return { refused: quote === '' ? reasons.open : reasons.garbage };
    }
    const read = readValue(quote.slice(1));
    if (!read) {
      return { refused: reasons.open };
    }
    labels.push([name, read.value]);
    rest = skipBlanks(read.rest);
    if (rest === '') {
      return { refused: reasons.open };
    }
    if (rest[0] === ',') {
      rest = skipBlanks(rest.slice(1));
    } else if (rest[0] !== '}') {
      return { refused: reasons.garbage };
    }
  }
}

/** Up to the next quote, past those with a backslash before them that cannot end a value. */
const verbatim: ReadValue = (text) => {
  for (let at = text.indexOf('"'); at >= 0; at = text.indexOf('"', at + 1)) {
    if (text[at - 1] !== '\\' || endsValue(text.slice(at + 1))) {
      return { value: text.slice(0, at), rest: text.slice(at + 1) };
    }
  }
  return undefined;
};

/** A value as Prometheus reads it: up to the next quote that has no backslash before it. */
const quoted: ReadValue = (text) => {
  let end = text.indexOf('"');
  const escape = text.indexOf('\\');
  if (escape >= 0 && escape < end) {
    for (end = escape; end < text.length && text[end] !== '"'; end++) {
      end += text[end] === '\\' ? 1 : 0;
    }
  }
  if (end < 0 || end >= text.length) {
    return undefined;
  }
  const value = text.slice(0, end);
  const plain = escape < 0 || escape > end;
  return { value: plain ? value : value.replace(/\\([\\"n])/g, unescape), rest: text.slice(end + 1) };
};

function unescape(_: string, escaped: string): string {
  return escaped === 'n' ? '\n' : escaped;
}

/**
 * A value of a writer that escapes nothing (Falco): all text up to the first quote that is followed by what can only come
 * after a value, `,label="` or `}` with a number. Nothing in it is unescaped. A value that itself holds such a text
 * cannot be told from two labels, by nobody.
 */
const unquoted: ReadValue = (text) => {
  for (let at = text.indexOf('"'); at >= 0; at = text.indexOf('"', at + 1)) {
    if (endsValue(text.slice(at + 1))) {
      return { value: text.slice(0, at), rest: text.slice(at + 1) };
    }
  }
  return undefined;
};

function endsValue(after: string): boolean {
  return /^[ \t]*(?:,[ \t]*[A-Za-z_:][A-Za-z0-9_:.-]*="|\}[ \t]*(?:$|[0-9+\-.nNiI]))/.test(after);
}

/** What follows a series: a value and, tolerated but not used, a timestamp and an exemplar. */
function parseValue(text: string): string | { refused: string } {
  if (text === '' || text[0] === '#') {
    return { refused: reasons.noValue };
  }
  if (!text.includes(' ') && !text.includes('\t')) {
    return text; // all that Falco writes; if it is no number, its reader says so
  }
  const exemplar = text.indexOf(' # ');
  const fields = (exemplar < 0 ? text : text.slice(0, exemplar)).split(/[ \t]+/).filter((field) => field !== '');
  const [value = '', time = ''] = fields;
  const whole = isNumber(value);
  if (fields.length === 1 || (!whole && !/^[0-9]/.test(value))) {
    return value;
  }
  return whole && fields.length === 2 && /^-?[0-9]+$/.test(time) ? value : { refused: reasons.followed };
}

/**
 * Puts a line whose label set is open together with the lines after it: a newline in a label's value that was not
 * escaped. It stops at a comment and at a line that is a sample by itself. `lines` is how many it took.
 */
export function join(line: string, rest: string, readValue: ReadValue): { line: Line; lines: number } | undefined {
  let joined = line;
  let at = 0;
  for (let lines = 1; lines <= maxContinuations && at < rest.length; lines++) {
    const newline = rest.indexOf('\n', at);
    const next = rest.slice(at, newline < 0 ? rest.length : newline);
    at += next.length + 1;
    if (next[0] === '#') {
      return undefined;
    }
    const alone = parseLine(trimEnd(next), readValue);
    if (!('refused' in alone) && isNumber(alone.value)) {
      return undefined;
    }
    joined += `\n${next}`;
    const parsed = parseWith(trimEnd(joined), unquoted);
    if (!('refused' in parsed)) {
      return { line: parsed, lines };
    }
  }
  return undefined;
}

export function trimEnd(text: string): string {
  let end = text.length;
  while (end > 0 && ' \t\r'.includes(text[end - 1]!)) {
    end--;
  }
  return end === text.length ? text : text.slice(0, end);
}

export function skipBlanks(text: string): string {
  let start = 0;
  while (text[start] === ' ' || text[start] === '\t') {
    start++;
  }
  return start === 0 ? text : text.slice(start);
}
