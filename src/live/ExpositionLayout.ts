import { parseNanoTime, parseNumber } from './parseNumber';
import { type SentSeries } from './SeriesRegistry';

/** A series as it is written, and its position in the layout. */
export interface KnownText {
  series: SentSeries;
  /** Number of the last exposition that contained it. */
  seen: number;
  /** Index into the layout; -1 when it is not part of it. */
  position: number;
}

interface LayoutEntry {
  /** All text from the end of the previous sample to the value: comments, empty lines, name and labels. */
  prefix: string;
  /** Number of lines that prefix and value span. */
  lines: number;
  known: KnownText;
}

/** A sample found where the previous exposition had it. */
export interface LayoutMatch {
  known: KnownText;
  value: number;
  lines: number;
  /** Offset of the next line. */
  end: number;
}

const newline = 10;
const point = 46;
const zero = 48;
// A float64 represents integers of this many digits, and these powers of ten, exactly. Their quotient is therefore the
// nearest float64.
const exactDigits = 15;
/** Longer values are left to the reader, which bounds the length of lines. */
const maxValueLength = 1000;
const powersOfTen = Array.from({ length: exactDigits + 1 }, (_, power) => 10 ** power);

/**
 * The order of the series in an exposition. As long as the next exposition has the same text between its values, comparing
 * that text replaces parsing it.
 */
export class ExpositionLayout {
  private readonly entries: LayoutEntry[] = [];
  private cursor = 0;
  private readonly match: LayoutMatch = {
    known: { series: undefined!, seen: 0, position: -1 },
    value: 0,
    lines: 0,
    end: 0,
  };

  add(known: KnownText, prefix: string, lines: number): void {
    known.position = this.entries.length;
    this.entries.push({ prefix, lines, known });
  }

  rewind(): void {
    this.cursor = 0;
  }

  /** Expects the series that follows this one next. */
  continueAfter(known: KnownText): void {
    if (this.entries[known.position]?.known === known) {
      this.cursor = known.position + 1;
    }
  }

  /** The sample at an offset, if it is the expected one. The result is valid until the next call. */
  next(body: string, at: number): LayoutMatch | undefined {
    const entry = this.entries[this.cursor];
    if (entry === undefined) {
      return undefined;
    }
    const valueAt = at + entry.prefix.length;
    // Comparing a slice is several times as fast as startsWith, which compares character by character.
    if (body.slice(at, valueAt) !== entry.prefix) {
      return undefined;
    }
    const { match } = this;
    if (!this.readNumber(body, valueAt, entry.known.series.kept.isTime)) {
      return undefined;
    }
    this.cursor++;
    match.known = entry.known;
    match.lines = entry.lines;
    return match;
  }

  /** Reads a number up to the end of the line into the match. Returns false when it is not a number. */
  private readNumber(body: string, start: number, isTime: boolean): boolean {
    const { match } = this;
    let digits = 0;
    let value = 0;
    let decimals = -1;
    let at = start;
    const limit = Math.min(body.length, start + maxValueLength);
    for (; at < limit; at++) {
      const code = body.charCodeAt(at);
      if (code >= zero && code <= zero + 9) {
        value = value * 10 + (code - zero);
        digits++;
        decimals += decimals >= 0 ? 1 : 0;
      } else if (code === point && decimals < 0) {
        decimals = 0;
      } else if (code === newline) {
        break;
      } else {
        digits = exactDigits + 1;
      }
    }
    if (at < body.length && body.charCodeAt(at) !== newline) {
      return false;
    }
    match.end = at < body.length ? at + 1 : at;
    if (digits > 0 && digits <= exactDigits) {
      match.value = decimals > 0 ? value / powersOfTen[decimals]! : value;
      return true;
    }
    const text = body.slice(start, at);
    const parsed = isTime ? parseNanoTime(text) : parseNumber(text);
    match.value = parsed ?? NaN;
    return parsed !== undefined;
  }
}
