import { parseNanoTime, parseValue } from './parseNumber';
import { type Entry } from './ExpositionReader';

interface Step {
  /** All text from the end of the sample before up to the value: comments, empty lines, name and labels. */
  prefix: string;
  /** How many lines prefix and value are. */
  lines: number;
  entry: Entry;
}

/** A sample found where the last answer had it. */
export interface Hit {
  entry: Entry;
  value: number;
  lines: number;
  /** Where the next line begins. */
  end: number;
}

const newline = 10;
const point = 46;
const zero = 48;
// A float64 holds as many digits exactly, and these powers of ten, so that their quotient is the nearest float64.
const exactDigits = 15;
const tens = Array.from({ length: exactDigits + 1 }, (_, power) => 10 ** power);

/**
 * The order in which an answer has its series. Where the next answer has the same text, comparing it is all it takes:
 * the text has been read before, and only a number follows it.
 */
export class ExpositionLayout {
  private readonly steps: Step[] = [];
  private cursor = 0;
  private readonly hit: Hit = { entry: { identity: undefined!, seen: 0, place: -1 }, value: 0, lines: 0, end: 0 };

  add(entry: Entry, prefix: string, lines: number): void {
    entry.place = this.steps.length;
    this.steps.push({ prefix, lines, entry });
  }

  rewind(): void {
    this.cursor = 0;
  }

  /** Goes on behind a series that was found otherwise. */
  after(entry: Entry): void {
    if (this.steps[entry.place]?.entry === entry) {
      this.cursor = entry.place + 1;
    }
  }

  /** The sample at a place, if it is the expected one. The result is only valid until the next call. */
  next(body: string, at: number): Hit | undefined {
    const step = this.steps[this.cursor];
    if (step === undefined) {
      return undefined;
    }
    const valueAt = at + step.prefix.length;
    // Several times as fast as startsWith, which compares letter by letter.
    if (body.slice(at, valueAt) !== step.prefix) {
      return undefined;
    }
    const { hit } = this;
    if (!this.number(body, valueAt, step.entry.identity.series.isTime)) {
      return undefined;
    }
    this.cursor++;
    hit.entry = step.entry;
    hit.lines = step.lines;
    return hit;
  }

  private number(body: string, start: number, isTime: boolean): boolean {
    const { hit } = this;
    let digits = 0;
    let value = 0;
    let decimals = -1;
    let at = start;
    for (; at < body.length; at++) {
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
    hit.end = at < body.length ? at + 1 : at;
    if (digits > 0 && digits <= exactDigits) {
      hit.value = decimals > 0 ? value / tens[decimals]! : value;
      return true;
    }
    const text = body.slice(start, at);
    const parsed = isTime ? parseNanoTime(text) : parseValue(text);
    hit.value = parsed ?? NaN;
    return parsed !== undefined;
  }
}
