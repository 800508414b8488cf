/** Parses sample lines of the text format, with the same rules as the backend's reader. */
import { type TargetKind } from '../signals/types';
import { isNumber } from './parseNumber';

/** Reasons for refusing a line. tests/corpora/exposition contains them; all readers use the same texts. */
export const reasons = {
  garbage: 'not a sample: a name, labels in braces and a number were expected',
  noValue: 'no value',
  open: 'the label set is not closed',
  followed: 'something follows the value, as if two samples had run together',
  cut: 'the response ends in the middle of this line',
  long: 'the line is longer than 256 KiB',
};

export interface SampleLine {
  /** Name and labels as written. */
  series: string;
  name: string;
  labels: Array<[string, string]>;
  /** As written; not necessarily a number. */
  value: string;
  /** `series` is the canonical text of these labels; see {@link parsePlainSample}. */
  isPlain?: boolean;
}

export type ParseResult = SampleLine | { refused: string };

/**
 * Reads a label value from `start`, the offset after its opening quote. `end` is the offset after the closing quote.
 * Returns undefined when the value is not closed.
 */
export type ReadValue = (text: string, start: number) => { value: string; end: number } | undefined;

/** Longer lines are refused unread. Twice what the labels of a line take with the default limits. */
export const maxLineLength = 256 * 1024;
/** Maximum number of additional lines that a label value may span. */
const maxContinuationLines = 8;

const enum Char {
  Tab = 9,
  Return = 13,
  Space = 32,
  Quote = 34,
  Comma = 44,
  Equals = 61,
  Backslash = 92,
  OpenBrace = 123,
  CloseBrace = 125,
}

// 1 for characters that may start a name, 2 for those that may only follow. Dots and dashes are accepted because Falco
// before 0.39 did not replace them.
const nameCharacters = Uint8Array.from({ length: 128 }, (_, code) => {
  const character = String.fromCharCode(code);
  return /[A-Za-z_:]/.test(character) ? 1 : /[0-9.-]/.test(character) ? 2 : 0;
});

/** The end of the name that starts at an offset; the offset itself when there is none. */
export function nameEnd(text: string, start: number): number {
  for (let at = start; at < text.length; at++) {
    const kind = nameCharacters[text.charCodeAt(at)];
    if (!kind || (kind === 2 && at === start)) {
      return at;
    }
  }
  return text.length;
}

/**
 * How to read the label values of a kind of target. Falco escapes nothing: a backslash is a backslash, and one before a
 * quote may be the value's last character. The others always escape as Prometheus does.
 */
export function readValueOf(kind: TargetKind): ReadValue {
  return kind === 'falco' ? readVerbatim : readQuoted;
}

/**
 * Parses a line as its writer should have written it. When the label set cannot be read that way, it is parsed again with
 * quotes allowed in label values. Other errors are final, so that two samples that ran together are never read as one.
 */
export function parseSample(line: string, readValue: ReadValue): ParseResult {
  const parsed = parseWith(line, readValue);
  const failed = 'refused' in parsed ? parsed.refused : '';
  if (failed === reasons.open || (failed === reasons.garbage && line.includes('"'))) {
    return parseWith(line, readUnescaped);
  }
  return parsed;
}

function parseWith(line: string, readValue: ReadValue): ParseResult {
  const end = nameEnd(line, 0);
  if (end === 0) {
    return { refused: reasons.garbage };
  }
  const afterName = skipBlanks(line, end);
  let labels: SampleLine['labels'] = [];
  let seriesEnd = end;
  if (line.charCodeAt(afterName) === Char.OpenBrace) {
    const set = parseLabels(line, afterName + 1, readValue);
    if ('refused' in set) {
      return set;
    }
    labels = set.labels;
    seriesEnd = set.end;
  } else if (end < line.length && afterName === end) {
    return { refused: reasons.garbage };
  }
  return withValue(line, { name: line.slice(0, end), labels, seriesEnd });
}

function withValue(
  line: string,
  { name, labels, seriesEnd }: { name: string; labels: SampleLine['labels']; seriesEnd: number }
): ParseResult {
  const value = parseValueField(line.slice(skipBlanks(line, seriesEnd)));
  return typeof value === 'string' ? { series: line.slice(0, seriesEnd), name, labels, value } : value;
}

/** A label set that ends inside a value. */
interface OpenLabels {
  refused: string;
  /** The labels before the open value. */
  labels: SampleLine['labels'];
  /** The label whose value is open; undefined when the label set is open elsewhere. */
  label?: string;
  valueStart: number;
}

/** Parses a label set from the offset after its opening brace; `end` is the offset after the closing one. */
function parseLabels(
  text: string,
  start: number,
  readValue: ReadValue
): { labels: SampleLine['labels']; end: number } | { refused: string } | OpenLabels {
  const labels: SampleLine['labels'] = [];
  let at = skipBlanks(text, start);
  for (;;) {
    if (text.charCodeAt(at) === Char.CloseBrace) {
      return { labels, end: at + 1 };
    }
    const end = nameEnd(text, at);
    const equals = skipBlanks(text, end);
    if (equals === text.length) {
      return { refused: reasons.open };
    }
    if (end === at || text.charCodeAt(equals) !== Char.Equals) {
      return { refused: reasons.garbage };
    }
    const quote = skipBlanks(text, equals + 1);
    if (text.charCodeAt(quote) !== Char.Quote) {
      return { refused: quote === text.length ? reasons.open : reasons.garbage };
    }
    const label = text.slice(at, end);
    const read = readValue(text, quote + 1);
    if (!read) {
      return { refused: reasons.open, labels, label, valueStart: quote + 1 };
    }
    labels.push([label, read.value]);
    at = skipBlanks(text, read.end);
    if (at === text.length) {
      return { refused: reasons.open };
    }
    if (text.charCodeAt(at) === Char.Comma) {
      at = skipBlanks(text, at + 1);
    } else if (text.charCodeAt(at) !== Char.CloseBrace) {
      return { refused: reasons.garbage };
    }
  }
}

/** Ends the value at the next quote, except at a quote after a backslash that cannot end it. */
const readVerbatim: ReadValue = (text, start) => {
  for (let at = text.indexOf('"', start); at >= 0; at = text.indexOf('"', at + 1)) {
    if (at === start || text.charCodeAt(at - 1) !== Char.Backslash || endsValue(text, at + 1)) {
      return { value: text.slice(start, at), end: at + 1 };
    }
  }
  return undefined;
};

/** Reads a value as Prometheus does: up to the next quote that is not escaped. */
const readQuoted: ReadValue = (text, start) => {
  let end = text.indexOf('"', start);
  if (end < 0) {
    return undefined;
  }
  const value = text.slice(start, end);
  if (!value.includes('\\')) {
    return { value, end: end + 1 };
  }
  for (end = start; end < text.length && text.charCodeAt(end) !== Char.Quote; end++) {
    end += text.charCodeAt(end) === Char.Backslash ? 1 : 0;
  }
  return end >= text.length
    ? undefined
    : { value: text.slice(start, end).replace(/\\([\\"n])/g, unescape), end: end + 1 };
};

function unescape(_: string, escaped: string): string {
  return escaped === 'n' ? '\n' : escaped;
}

/**
 * Reads a value that may contain unescaped quotes: up to the first quote that is followed by what can only come after a
 * value. A value that itself contains such text cannot be told from two labels.
 */
const readUnescaped: ReadValue = (text, start) => {
  const quote = closingQuote(text, start);
  return quote < 0 ? undefined : { value: text.slice(start, quote), end: quote + 1 };
};

/** The first quote from an offset that ends a value; -1 when there is none. */
function closingQuote(text: string, start: number): number {
  let at = text.indexOf('"', start);
  while (at >= 0 && !endsValue(text, at + 1)) {
    at = text.indexOf('"', at + 1);
  }
  return at;
}

/** Whether `,label="`, or `}` and a number or the end of the text, starts at an offset. */
function endsValue(text: string, start: number): boolean {
  const at = skipBlanks(text, start);
  switch (text.charCodeAt(at)) {
    case Char.Comma: {
      const name = skipBlanks(text, at + 1);
      const end = nameEnd(text, name);
      return end > name && text.startsWith('="', end);
    }
    case Char.CloseBrace: {
      const value = skipBlanks(text, at + 1);
      return value === text.length || '0123456789+-.nNiI'.includes(text[value]!);
    }
    default:
      return false;
  }
}

/** Reads what follows a series: a value and, accepted but ignored, a timestamp and an exemplar. */
function parseValueField(text: string): string | { refused: string } {
  if (text === '' || text[0] === '#') {
    return { refused: reasons.noValue };
  }
  if (!text.includes(' ') && !text.includes('\t')) {
    return text; // all that Falco writes; the caller reports text that is not a number
  }
  const exemplar = text.indexOf(' # ');
  const fields = (exemplar < 0 ? text : text.slice(0, exemplar)).split(/[ \t]+/).filter((field) => field !== '');
  const [value = '', time = ''] = fields;
  const isValue = isNumber(value);
  if (fields.length === 1 || (!isValue && !/^[0-9]/.test(value))) {
    return value;
  }
  return isValue && fields.length === 2 && /^-?[0-9]+$/.test(time) ? value : { refused: reasons.followed };
}

/**
 * Joins lines whose label set is open with the lines after them: a label value that contains an unescaped newline. Each line
 * is parsed at most once as a sample of its own, whatever the number of lines before it that could continue into it.
 */
export class LineJoiner {
  /** Lines before this offset, and after the last joined one, are neither samples nor comments. */
  private checkedUntil = 0;

  constructor(
    private readonly body: string,
    private readonly readValue: ReadValue
  ) {}

  /**
   * Continues the line from `start` to `stop`, its trailing blanks excluded. Stops at a comment, at a line that is a
   * complete sample, and when the lines together are longer than a single one may be. `end` is the offset after the
   * last joined line, `lines` the number of lines that were added.
   */
  join(start: number, stop: number): { sample: SampleLine; end: number; lines: number } | undefined {
    const { body } = this;
    const first = body.slice(start, stop);
    const nameStop = nameEnd(first, 0);
    const open = parseLabels(first, skipBlanks(first, nameStop) + 1, readUnescaped);
    if (!('label' in open) || open.label === undefined) {
      return undefined; // only a value can contain a newline
    }
    const { labels } = open;
    let { label, valueStart } = open;
    let scanned = first.length;
    let at = body.indexOf('\n', stop) + 1;
    for (let lines = 1; lines <= maxContinuationLines && at < body.length; lines++) {
      const end = lineEnd(body, at);
      if (end - start > maxLineLength || this.isOnItsOwn(at, end)) {
        return undefined;
      }
      const text = body.slice(start, trimmedEnd(body, at, end));
      // The label set may be closed as its writer should have closed it.
      const whole = text.includes('}', at - start) ? parseWith(text, this.readValue) : undefined;
      at = end + 1;
      if (whole && !('refused' in whole)) {
        return { sample: whole, end: Math.min(at, body.length), lines };
      }
      for (let quote = closingQuote(text, scanned); quote >= 0; quote = closingQuote(text, scanned)) {
        const next = skipBlanks(text, quote + 1);
        scanned = quote + 1;
        if (text.charCodeAt(next) === Char.Comma) {
          labels.push([label, text.slice(valueStart, quote)]);
          const name = skipBlanks(text, next + 1);
          const nameStop = nameEnd(text, name);
          label = text.slice(name, nameStop);
          valueStart = scanned = nameStop + 2;
          continue;
        }
        const closed: SampleLine['labels'] = [...labels, [label, text.slice(valueStart, quote)]];
        const sample = withValue(text, { name: text.slice(0, nameStop), labels: closed, seriesEnd: next + 1 });
        if (!('refused' in sample)) {
          return { sample, end: Math.min(at, body.length), lines };
        }
        if (sample.refused !== reasons.noValue) {
          return undefined;
        }
        // Without a value behind it, the brace belongs to a value that goes on in the next line.
      }
      scanned = text.length;
    }
    return undefined;
  }

  /** Whether a line is a comment or a complete sample. */
  private isOnItsOwn(start: number, end: number): boolean {
    if (start < this.checkedUntil) {
      return false;
    }
    const { body, readValue } = this;
    if (body[start] === '#') {
      return true;
    }
    const parsed = parseSample(body.slice(start, trimmedEnd(body, start, end)), readValue);
    if (!('refused' in parsed) && isNumber(parsed.value)) {
      return true;
    }
    this.checkedUntil = end + 1;
    return false;
  }
}

/** The offset of the next newline, or the end of the text. */
export function lineEnd(text: string, start: number): number {
  const newline = text.indexOf('\n', start);
  return newline < 0 ? text.length : newline;
}

/** `end` without the blanks before it. */
export function trimmedEnd(text: string, start: number, end: number): number {
  let at = end;
  while (at > start && isBlankOrReturn(text.charCodeAt(at - 1))) {
    at--;
  }
  return at;
}

function isBlankOrReturn(code: number): boolean {
  return code === Char.Space || code === Char.Tab || code === Char.Return;
}

/** The offset of the first character from `start` that is not a blank. */
export function skipBlanks(text: string, start: number): number {
  let at = start;
  for (let code = text.charCodeAt(at); code === Char.Space || code === Char.Tab; code = text.charCodeAt(at)) {
    at++;
  }
  return at;
}
