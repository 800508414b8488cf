import { firstAfter, type Labels, type StoredSeries } from '../promql';
import { type Sample } from './CounterCourse';

const firstCapacity = 16;

/** Samples in order of time, one array per field. */
export interface SampleColumns {
  /** Milliseconds since 1970. */
  times: ArrayLike<number>;
  /** NaN for a stale marker. */
  values: ArrayLike<number>;
  /** 1 for a stale marker: the series ends here. */
  stale: ArrayLike<number>;
}

/**
 * The newest samples of one series, in contiguous arrays. Dropping samples only moves `from`; the arrays are compacted when
 * they are full.
 */
export class BufferedSeries implements StoredSeries {
  times = new Float64Array(firstCapacity);
  values = new Float64Array(firstCapacity);
  stale = new Uint8Array(firstCapacity);
  from = 0;
  to = 0;
  /** Number of samples at the end that later ones may replace. */
  private provisional = 0;

  constructor(
    readonly labels: Labels,
    private readonly maxSamples: number
  ) {}

  /** Time of the newest sample in milliseconds; -Infinity when there is none. */
  get newest(): number {
    return this.to > this.from ? this.times[this.to - 1]! : -Infinity;
  }

  /** Whether the newest sample is a stale marker. */
  get isStale(): boolean {
    return this.to > this.from && this.stale[this.to - 1] === 1;
  }

  get length(): number {
    return this.to - this.from;
  }

  /** Appends a sample. Returns false, and changes nothing, when the sample is not newer than the newest one. */
  append(time: number, value: number, isStale = false): boolean {
    if (time <= this.newest) {
      return false;
    }
    if (this.length === this.maxSamples) {
      this.from++;
    }
    if (this.to === this.times.length) {
      this.compact(
        2 * this.length > this.times.length ? Math.min(2 * this.times.length, 2 * this.maxSamples) : undefined
      );
    }
    this.put(time, isStale ? NaN : value, isStale ? 1 : 0);
    return true;
  }

  /** Appends a sample that the next call of {@link settle} replaces. */
  appendProvisional({ time, value }: Sample): void {
    this.provisional += this.append(time, value) ? 1 : 0;
  }

  /** Replaces provisional samples, and appends what is newer than the last one. */
  settle(samples: readonly Sample[]): void {
    if (samples.length > 0) {
      this.dropProvisional();
    }
    for (const { time, value } of samples) {
      this.append(time, value);
    }
  }

  /**
   * Inserts samples before the first one, after the last one, and between two that are more than `gapMs` milliseconds
   * apart. Everywhere else the existing samples take precedence.
   */
  fill(inserted: SampleColumns, gapMs: number): void {
    this.dropProvisional();
    const added: number[] = [];
    for (let i = 0; i < inserted.times.length; i++) {
      const position = firstAfter(this, inserted.times[i]!);
      const before = position > this.from ? this.times[position - 1]! : -Infinity;
      const behind = position < this.to ? this.times[position]! : Infinity;
      if (before < inserted.times[i]! && behind - before > gapMs) {
        added.push(i);
      }
    }
    if (added.length === 0) {
      return;
    }
    const { times, values, stale, from, to } = this;
    const length = this.length + added.length;
    this.allocate(Math.max(firstCapacity, 2 * Math.min(length, this.maxSamples)));
    let position = from;
    // The oldest samples are left out when there are too many.
    let skipped = length - this.maxSamples;
    const take = (source: SampleColumns, i: number) =>
      skipped-- <= 0 && this.put(source.times[i]!, source.values[i]!, source.stale[i]!);
    for (const i of added) {
      for (; position < to && times[position]! < inserted.times[i]!; position++) {
        take({ times, values, stale }, position);
      }
      take(inserted, i);
    }
    for (; position < to; position++) {
      take({ times, values, stale }, position);
    }
  }

  /** Drops samples up to and including a time. */
  dropUntil(time: number): void {
    while (this.from < this.to && this.times[this.from]! <= time) {
      this.from++;
    }
  }

  private dropProvisional(): void {
    this.to = Math.max(this.from, this.to - this.provisional);
    this.provisional = 0;
  }

  private put(time: number, value: number, stale: number): void {
    this.times[this.to] = time;
    this.values[this.to] = value;
    this.stale[this.to] = stale;
    this.to++;
  }

  /** Moves the samples to the front of the arrays, or of new ones when a capacity is given. */
  private compact(capacity: number | undefined): void {
    const { from, to, times, values, stale } = this;
    if (capacity !== undefined) {
      this.allocate(capacity);
    }
    this.times.set(times.subarray(from, to));
    this.values.set(values.subarray(from, to));
    this.stale.set(stale.subarray(from, to));
    this.to = to - from;
    this.from = 0;
  }

  /** Replaces the arrays with empty ones. */
  private allocate(capacity: number): void {
    this.times = new Float64Array(capacity);
    this.values = new Float64Array(capacity);
    this.stale = new Uint8Array(capacity);
    this.from = 0;
    this.to = 0;
  }
}
