import { type TargetKind } from '../signals/types';
import { ExpositionLayout, type KnownText } from './ExpositionLayout';
import { atOnce } from './Slices';
import { parseNanoTime, parseNumber } from './parseNumber';
import { parsePlainSample } from './parsePlainSample';
import {
  lineEnd,
  LineJoiner,
  maxLineLength,
  nameEnd,
  parseSample,
  type ReadValue,
  readValueOf,
  reasons,
  type SampleLine,
  skipBlanks,
  trimmedEnd,
} from './parseSample';
import { excerpt, type LiveSeries, type ReadingRules, SeriesRegistry } from './SeriesRegistry';

export interface Limits {
  /** Expositions with more samples are refused. */
  sampleLimit: number;
  /** Lines with longer label names or values are refused. In characters. */
  labelValueLengthLimit: number;
  /** Lines with more labels are refused; default 64. */
  labelLimit?: number;
}

/** A line that could not be read. */
export interface Problem {
  /** Line number, from 1. */
  line: number;
  reason: string;
  /** The line, cut to 120 characters. */
  text: string;
}

/** The readable content of a response body. It is valid until the reader reads the next one. */
export interface ParsedExposition {
  /** In the order of the body, each with its value. */
  series: LiveSeries[];
  /** Number of samples whose series came before. The first sample is kept. */
  duplicates: number;
  /** Number of refused lines. */
  unreadable: number;
  /** The first 20 refused lines. */
  problems: Problem[];
}

/** One or more lines that have been read. */
interface LinesRead {
  /** Offset of the next line. */
  end: number;
  lines: number;
  /** The sample in the lines. */
  known?: KnownText;
  /** Offset of the value, if only a blank separates it from the series and nothing follows it. */
  valueAt?: number;
  /** There is nothing to read: a comment or blanks. */
  isSkipped?: boolean;
}

const maxProblems = 20;
const maxExcerpt = 120;
/** Characters between two pauses of {@link ExpositionReader.readInSteps}: at most some milliseconds of work. */
const charactersPerStep = 8192;

/**
 * Reads the expositions of one target: Prometheus's text format as Falco writes it. It is as tolerant as the backend's
 * reader. A line that cannot be read is refused, counted and reported, and affects no other line.
 *
 * The reader remembers every series by its text, and the order of the series in the last exposition. An exposition that
 * differs only in its values is compared instead of parsed.
 */
export class ExpositionReader {
  /** Number of the current exposition. */
  private round = 0;
  private readonly known = new Map<string, KnownText>();
  private readonly registry: SeriesRegistry;
  private readonly readValue: ReadValue;
  /** Whether a metric is kept; undefined if all are. */
  private readonly keepsMetric?: (name: string) => boolean;
  private layout = new ExpositionLayout();
  /** The last exposition did not follow the layout. */
  private isLayoutOutdated = true;
  private exposition: ParsedExposition = { series: [], duplicates: 0, unreadable: 0, problems: [] };
  /** Number of different texts in this round. */
  private texts = 0;
  private joiner?: LineJoiner;

  constructor(
    kind: TargetKind,
    rules: ReadingRules,
    private readonly limits: Limits
  ) {
    this.readValue = readValueOf(kind);
    this.keepsMetric = metricSelection(kind, rules);
    this.registry = new SeriesRegistry(rules, limits, this.maxRemembered);
  }

  /** Reads a response body at once. Throws an Error when it has more samples than the limit. */
  read(body: string): ParsedExposition {
    return atOnce(this.readInSteps(body));
  }

  /** Reads a response body, pausing every {@link charactersPerStep} characters. Otherwise the same as {@link read}. */
  *readInSteps(body: string): Generator<void, ParsedExposition> {
    this.round++;
    this.texts = 0;
    this.exposition = { series: [], duplicates: 0, unreadable: 0, problems: [] };
    this.joiner = new LineJoiner(body, this.readValue);
    const start = body.startsWith('\ufeff') ? 1 : 0;
    let isComplete = false;
    try {
      yield* this.isLayoutOutdated ? this.readAll(body, start) : this.readByLayout(body, start);
      isComplete = true;
    } finally {
      this.joiner = undefined; // it holds on to the body
      if (isComplete) {
        this.forgetUnseen();
      } else {
        this.forgetAll();
      }
    }
    return this.exposition;
  }

  private *readByLayout(body: string, start: number): Generator<void, void> {
    this.layout.rewind();
    let pauseAt = charactersPerStep;
    for (let at = start, number = 1; at < body.length;) {
      const match = this.layout.next(body, at);
      const read = match ?? this.readLine(body, at, number);
      if (match) {
        this.addSample(match.known, match.value);
      } else if (read.known) {
        this.isLayoutOutdated = true;
        this.layout.continueAfter(read.known);
      }
      at = read.end;
      number += read.lines;
      if (at >= pauseAt) {
        pauseAt = at + charactersPerStep;
        yield;
      }
    }
  }

  /** Reads line by line, and builds the layout from this body alone. */
  private *readAll(body: string, start: number): Generator<void, void> {
    this.layout = new ExpositionLayout();
    this.isLayoutOutdated = false;
    let pauseAt = charactersPerStep;
    // Start of the text between the previous sample and the next one.
    let gap = { at: start, number: 1 };
    for (let at = start, number = 1; at < body.length;) {
      const { end, lines, known, valueAt, isSkipped } = this.readLine(body, at, number);
      at = end;
      number += lines;
      if (known && valueAt !== undefined) {
        this.layout.add(known, body.slice(gap.at, valueAt), number - gap.number);
      }
      gap = isSkipped ? gap : { at, number };
      if (at >= pauseAt) {
        pauseAt = at + charactersPerStep;
        yield;
      }
    }
  }

  private readLine(body: string, at: number, number: number): LinesRead {
    const stop = lineEnd(body, at);
    const isTerminated = stop < body.length;
    const end = isTerminated ? stop + 1 : stop;
    if (body[at] === '#') {
      return { end, lines: 1, isSkipped: true };
    }
    if (this.keepsMetric && this.isDropped(body, skipBlanks(body, at))) {
      return { end, lines: 1 };
    }
    if (stop - at > maxLineLength && stop - skipBlanks(body, at) > maxLineLength) {
      return this.refuseLongLine(body, { start: skipBlanks(body, at), end, number });
    }
    // In later rounds most lines are known already.
    const plain = this.round === 1 ? parsePlainSample(body, at) : undefined;
    const known = plain && this.take(plain);
    if (known && !('refused' in known)) {
      return { end, lines: 1, known, valueAt: plain.valueAt };
    }
    const start = Math.min(skipBlanks(body, at), stop);
    if (start === stop || body[start] === '#' || body[start] === '\r') {
      return { end, lines: 1, isSkipped: true };
    }
    const textEnd = trimmedEnd(body, start, stop);
    const text = body.slice(start, textEnd);
    const repeated = this.round > 1 ? this.takeKnown(text) : undefined;
    const valueAt = textEnd === stop ? start + text.lastIndexOf(' ') + 1 : undefined;
    if (repeated) {
      return { end, lines: 1, known: repeated, valueAt };
    }
    const parsed = parseSample(text, this.readValue);
    const result = 'refused' in parsed ? parsed : this.take(parsed);
    if (!('refused' in result)) {
      const isPlain = 'series' in parsed && isPlainText(text, parsed);
      return { end, lines: 1, known: result, valueAt: isPlain ? valueAt : undefined };
    }
    if ('refused' in parsed && parsed.refused === reasons.open && isTerminated) {
      const joined = this.joiner!.join(start, textEnd);
      if (joined) {
        const taken = this.take(joined.sample);
        if ('refused' in taken) {
          this.refuse(number, text, taken.refused);
        }
        return { end: joined.end, lines: 1 + joined.lines };
      }
    }
    const isCut = !isTerminated && 'refused' in parsed && [reasons.open, reasons.noValue].includes(parsed.refused);
    this.refuse(number, text, isCut ? reasons.cut : result.refused);
    return { end, lines: 1 };
  }

  /** Whether the line from `start` on is a sample of a metric that is not kept. */
  private isDropped(body: string, start: number): boolean {
    const stop = nameEnd(body, start);
    return stop > start && !this.keepsMetric!(body.slice(start, stop));
  }

  /** Refuses a line that is too long, unless it is a comment. */
  private refuseLongLine(
    body: string,
    { start, end, number }: { start: number; end: number; number: number }
  ): LinesRead {
    const isSkipped = body[start] === '#' || body[start] === '\r';
    if (!isSkipped) {
      this.refuse(number, body.slice(start, start + 4 * maxExcerpt), reasons.long);
    }
    return { end, lines: 1, isSkipped };
  }

  /** Reads a line whose series is known: a number must follow the last blank. */
  private takeKnown(text: string): KnownText | undefined {
    const blank = text.lastIndexOf(' ');
    const known = blank < 0 ? undefined : this.known.get(text.slice(0, blank));
    const value = known && this.parseValue(known.series.kept, text.slice(blank + 1));
    if (!known || value === undefined) {
      return undefined;
    }
    this.addSample(known, value);
    return known;
  }

  /** Adds a parsed sample and remembers its series. Returns the reason when the line is refused. */
  private take(line: SampleLine): KnownText | { refused: string } {
    let known = this.known.get(line.series);
    if (!known) {
      // A substring keeps the whole body in memory. In the first round almost all of the body is remembered anyway.
      const own = this.round > 1 ? copyOf(line) : line;
      const series = this.registry.find(own);
      if ('refused' in series) {
        return series;
      }
      known = { series, seen: 0, position: -1 };
      if (this.known.size < this.maxRemembered) {
        this.known.set(own.series, known);
      }
    }
    const value = this.parseValue(known.series.kept, line.value);
    if (value === undefined) {
      return { refused: `the value "${excerpt(line.value, 40)}" is not a number` };
    }
    this.addSample(known, value);
    return known;
  }

  private parseValue(series: LiveSeries, text: string): number | undefined {
    return series.isTime ? parseNanoTime(text) : parseNumber(text);
  }

  /**
   * Adds a sample. The first of several samples with the same labels is kept. Samples that are the same only because labels
   * were dropped are added up: they are counters of parts of a whole.
   */
  private addSample(known: KnownText, value: number): void {
    const { series } = known;
    const { kept } = series;
    if (known.seen !== this.round) {
      known.seen = this.round;
      this.texts++;
    }
    if (series.isDropped) {
      series.seen = this.round;
      return;
    }
    if (series.seen === this.round) {
      this.exposition.duplicates++;
      return;
    }
    series.seen = this.round;
    if (kept.seen === this.round) {
      kept.value += value;
      return;
    }
    kept.seen = this.round;
    kept.value = value;
    this.exposition.series.push(kept);
    if (this.exposition.series.length > this.limits.sampleLimit) {
      throw new Error(
        `The response has more than ${this.limits.sampleLimit} samples and was discarded. ` +
          "Check that the address serves Falco's metrics, or raise limits.sampleLimit."
      );
    }
  }

  private refuse(line: number, text: string, reason: string): void {
    this.exposition.unreadable++;
    if (this.exposition.problems.length < maxProblems) {
      this.exposition.problems.push({ line, reason, text: excerpt(text, maxExcerpt) });
    }
  }

  /** Bounds what is remembered of expositions with many spellings or label sets for few samples. */
  private get maxRemembered(): number {
    return 2 * this.limits.sampleLimit + 64;
  }

  /** Forgets everything after an exposition that was not read completely. */
  private forgetAll(): void {
    this.isLayoutOutdated = true;
    this.layout = new ExpositionLayout();
    this.known.clear();
    this.registry.clear();
  }

  /** Forgets series that are not in this exposition once they are more than half of those remembered. */
  private forgetUnseen(): void {
    const most = 2 * this.texts + 64;
    if (this.known.size <= most && this.registry.size <= most) {
      return;
    }
    for (const [text, { seen }] of this.known) {
      if (seen !== this.round) {
        this.known.delete(text);
      }
    }
    this.registry.forgetUnseen(this.round);
  }
}

/** Whether a blank separates series and value, and nothing else is in the line. */
function isPlainText(text: string, { series, value }: SampleLine): boolean {
  return text.length === series.length + 1 + value.length && text[series.length] === ' ';
}

/** A copy that does not keep the text it was cut out of in memory. */
function copyOf({ series, name, labels, value }: SampleLine): SampleLine {
  const copy = (text: string) => text.split('').join('');
  return {
    series: copy(series),
    name: copy(name),
    labels: labels.map(([label, text]) => [copy(label), copy(text)]),
    value,
  };
}

/**
 * Which metrics of a kind of target are kept; undefined if all are. Metrics that identify other kinds are kept, as the
 * backend needs them to tell what responded.
 */
function metricSelection(
  kind: TargetKind,
  { keepMetrics, identifyingMetrics }: ReadingRules
): ((name: string) => boolean) | undefined {
  const selected = keepMetrics.find((selection) => selection.kind === kind);
  if (!selected) {
    return undefined;
  }
  const names = new Set(selected.metrics);
  const others = identifyingMetrics.filter((mark) => mark.kind !== kind);
  return (name) => names.has(name) || others.some(({ prefix }) => name.startsWith(prefix));
}
