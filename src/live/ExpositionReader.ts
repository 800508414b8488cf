import { join, type Line, parseLine, type ReadValue, reasons, skipBlanks, trimEnd, valuesOf } from './parseSample';
import { parseNanoTime, parseValue } from './parseNumber';
import { excerpt, SeriesRegistry, type Identity, type LiveSeries, type ReadingRules } from './SeriesRegistry';
import { readPlain } from './parsePlainSample';
import { ExpositionLayout } from './ExpositionLayout';

export interface Limits {
  /** Refuses the whole answer. */
  samplesPerScrape: number;
  /** In characters; refuses the line. */
  labelLength: number;
}

/** A line that could not be read. */
export interface Problem {
  /** From 1. */
  line: number;
  reason: string;
  /** The line, at most 120 characters of it. */
  text: string;
}

/** What could be read of one answer. Only valid until the reader reads the next one. */
export interface ParsedExposition {
  /** In the order of the answer, each with its value. */
  series: LiveSeries[];
  /** Series that came more than once; the first is kept. */
  duplicates: number;
  /** Lines refused. */
  unreadable: number;
  /** The first 20 of them. */
  problems: Problem[];
}

/** A text that stands for a series. */
export interface Entry {
  identity: Identity;
  seen: number;
  /** Its place in the {@link ExpositionLayout}. */
  place: number;
}

/** Lines that have been read: where the next one begins, and how many they were. */
interface Passed {
  end: number;
  lines: number;
  /** The sample that was in them. */
  entry?: Entry;
  /** Where its value begins, if nothing but that follows the series and a blank. */
  valueAt?: number;
  /** They hold nothing to read: a comment, or blanks. */
  isSkipped?: boolean;
}

const maxProblems = 20;
const maxExcerpt = 120;

/**
 * Reads the answers of one target, in Prometheus's text format as Falco writes it, and is as tolerant as the backend's
 * reader (pkg/scrape/read.go): a line that cannot be read is refused, counted and shown, and costs nothing else.
 *
 * It remembers every series by its text, and the order in which the last answer had them, so that an answer that differs
 * from the last one in nothing but its values is compared rather than read.
 */
export class ExpositionReader {
  private round = 0;
  private readonly known = new Map<string, Entry>();
  private readonly registry: SeriesRegistry;
  private readonly readValue: ReadValue;
  private layout = new ExpositionLayout();
  /** The last answer did not have its series in the order of the layout. */
  private isOutdated = true;
  private answer: ParsedExposition = { series: [], duplicates: 0, unreadable: 0, problems: [] };
  /** Texts seen in this round. */
  private entries = 0;

  constructor(
    kind: 'falco' | 'falcosidekick',
    rules: ReadingRules,
    private readonly limits: Limits
  ) {
    this.readValue = valuesOf(kind);
    this.registry = new SeriesRegistry(rules, limits.labelLength);
  }

  /** Throws an Error on more samples than the limit. */
  read(body: string): ParsedExposition {
    this.round++;
    this.entries = 0;
    this.answer = { series: [], duplicates: 0, unreadable: 0, problems: [] };
    const start = body.startsWith('\ufeff') ? 1 : 0;
    if (this.isOutdated) {
      this.readWhole(body, start);
    } else {
      this.readByLayout(body, start);
    }
    this.forget();
    return this.answer;
  }

  private readByLayout(body: string, start: number): void {
    this.layout.rewind();
    for (let at = start, number = 1; at < body.length;) {
      const hit = this.layout.next(body, at);
      const passed = hit ?? this.readLine(body, at, number);
      if (hit) {
        this.add(hit.entry, hit.value);
      } else if (passed.entry) {
        this.isOutdated = true;
        this.layout.after(passed.entry);
      }
      at = passed.end;
      number += passed.lines;
    }
  }

  /** Reads line by line, and makes the layout anew. All of its text comes from this one answer. */
  private readWhole(body: string, start: number): void {
    this.layout = new ExpositionLayout();
    this.isOutdated = false;
    // Where the text that leads to the next sample begins.
    let gap = { at: start, number: 1 };
    for (let at = start, number = 1; at < body.length;) {
      const { end, lines, entry, valueAt, isSkipped } = this.readLine(body, at, number);
      at = end;
      number += lines;
      if (entry && valueAt !== undefined) {
        this.layout.add(entry, body.slice(gap.at, valueAt), number - gap.number);
      }
      gap = isSkipped ? gap : { at, number };
    }
  }

  private readLine(body: string, at: number, number: number): Passed {
    const newline = body.indexOf('\n', at);
    const isEnded = newline >= 0;
    const stop = isEnded ? newline : body.length;
    const end = isEnded ? stop + 1 : stop;
    if (body[at] === '#') {
      return { end, lines: 1, isSkipped: true };
    }
    // Later ones are mostly known, and must not keep a whole answer in memory.
    const plain = this.round === 1 ? readPlain(body, at) : undefined;
    const entry = plain && this.take(plain);
    if (entry && !('refused' in entry)) {
      return { end, lines: 1, entry, valueAt: plain.valueAt };
    }
    const line = skipBlanks(body.slice(at, stop));
    if (line === '' || line[0] === '#' || line[0] === '\r') {
      return { end, lines: 1, isSkipped: true };
    }
    const text = trimEnd(line);
    const known = this.round > 1 ? this.takeKnown(text) : undefined;
    const valueAt = text === line ? body.lastIndexOf(' ', stop - 1) + 1 : undefined;
    if (known) {
      return { end, lines: 1, entry: known, valueAt };
    }
    // What is remembered of it must not keep a whole answer in memory.
    const parsed = parseLine(this.round > 1 ? detach(text) : text, this.readValue);
    const result = 'refused' in parsed ? parsed : this.take(parsed);
    if (!('refused' in result)) {
      return {
        end,
        lines: 1,
        entry: result,
        valueAt: 'series' in parsed && isPlain(text, parsed) ? valueAt : undefined,
      };
    }
    const isCut = !isEnded && 'refused' in parsed && [reasons.open, reasons.noValue].includes(result.refused);
    const joined = result.refused === reasons.open && isEnded ? join(line, body.slice(end), this.readValue) : undefined;
    if (joined) {
      return this.readJoined(body, { end, number, text, joined });
    }
    this.refuse(number, text, isCut ? reasons.cut : result.refused);
    return { end, lines: 1 };
  }

  /** A label's value that ran over several lines. */
  private readJoined(
    body: string,
    { end, number, text, joined }: { end: number; number: number; text: string; joined: { line: Line; lines: number } }
  ): Passed {
    const result = this.take(joined.line);
    if ('refused' in result) {
      this.refuse(number, text, result.refused);
    }
    let to = end;
    for (let line = 0; line < joined.lines; line++) {
      const newline = body.indexOf('\n', to);
      to = newline < 0 ? body.length : newline + 1;
    }
    return { end: to, lines: 1 + joined.lines };
  }

  /** A line that differs from an earlier one in nothing but its value: a number after the last blank. */
  private takeKnown(text: string): Entry | undefined {
    const blank = text.lastIndexOf(' ');
    const entry = blank < 0 ? undefined : this.known.get(text.slice(0, blank));
    const value = entry && this.value(entry.identity.series, text.slice(blank + 1));
    if (!entry || value === undefined) {
      return undefined;
    }
    this.add(entry, value);
    return entry;
  }

  /** Adds a sample that was read in full and remembers its series; or says why it is refused. */
  private take(line: Line): Entry | { refused: string } {
    let entry = this.known.get(line.series);
    if (!entry) {
      const identity = this.registry.of(line);
      if ('refused' in identity) {
        return identity;
      }
      entry = { identity, seen: 0, place: -1 };
      this.known.set(line.series, entry);
    }
    const value = this.value(entry.identity.series, line.value);
    if (value === undefined) {
      return { refused: `the value "${excerpt(line.value, 40)}" is not a number` };
    }
    this.add(entry, value);
    return entry;
  }

  private value(series: LiveSeries, text: string): number | undefined {
    return series.isTime ? parseNanoTime(text) : parseValue(text);
  }

  /**
   * Of a series that is sent twice the first is kept; series that have become one because labels were dropped are summed,
   * as they are counters of parts of a whole.
   */
  private add(entry: Entry, value: number): void {
    const { identity } = entry;
    const { series } = identity;
    if (entry.seen !== this.round) {
      entry.seen = this.round;
      this.entries++;
    }
    if (identity.seen === this.round) {
      this.answer.duplicates++;
      return;
    }
    identity.seen = this.round;
    if (series.seen === this.round) {
      series.value += value;
      return;
    }
    series.seen = this.round;
    series.value = value;
    this.answer.series.push(series);
    if (this.answer.series.length > this.limits.samplesPerScrape) {
      this.isOutdated = true;
      throw new Error(
        `The answer has more than ${this.limits.samplesPerScrape} samples; none of it is used. ` +
          "Check that the address is that of Falco's metrics, or raise limits.samplesPerScrape."
      );
    }
  }

  private refuse(line: number, text: string, reason: string): void {
    this.answer.unreadable++;
    if (this.answer.problems.length < maxProblems) {
      this.answer.problems.push({ line, reason, text: excerpt(text, maxExcerpt) });
    }
  }

  /** Drops what this answer did not have once that is more than half of what is remembered. */
  private forget(): void {
    if (this.known.size <= 2 * this.entries + 64) {
      return;
    }
    for (const [text, { seen }] of this.known) {
      if (seen !== this.round) {
        this.known.delete(text);
      }
    }
    this.registry.forget(this.round);
  }
}

/** Whether nothing but one blank lies between the series and its value, and nothing follows that. */
function isPlain(text: string, { series, value }: Line): boolean {
  return text.length === series.length + 1 + value.length && text[series.length] === ' ';
}

/** A copy of a text that does not hold on to the text it was cut out of. */
function detach(text: string): string {
  return text.split('').join('');
}
