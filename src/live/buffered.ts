import { after, type Labels, type StoredSeries } from '../promql';

const firstCapacity = 16;

/** Samples in order of time, as a series has them. */
export interface Saved {
  /** Milliseconds since 1970. */
  times: ArrayLike<number>;
  /** NaN where the sample is a stale mark. */
  values: ArrayLike<number>;
  /** 1 where the sample says that the series was gone from then on. */
  stale: ArrayLike<number>;
}

/**
 * The samples of one series, the newest of them: at most so many, and none older than so long. They lie in one piece; what
 * is dropped at the front is moved away only now and then.
 */
export class BufferedSeries implements StoredSeries {
  times = new Float64Array(firstCapacity);
  values = new Float64Array(firstCapacity);
  stale = new Uint8Array(firstCapacity);
  from = 0;
  to = 0;

  constructor(
    readonly labels: Labels,
    private readonly most: number
  ) {}

  /** Milliseconds; -Infinity where there is no sample. */
  get newest(): number {
    return this.to > this.from ? this.times[this.to - 1]! : -Infinity;
  }

  /** Whether the newest sample says that the series is gone. */
  get isGone(): boolean {
    return this.to > this.from && this.stale[this.to - 1] === 1;
  }

  get length(): number {
    return this.to - this.from;
  }

  /** False for a sample that is not newer than the newest one, which is dropped. */
  append(time: number, value: number, isStale = false): boolean {
    if (time <= this.newest) {
      return false;
    }
    if (this.length === this.most) {
      this.from++;
    }
    if (this.to === this.times.length) {
      this.move(2 * this.length > this.times.length ? Math.min(2 * this.times.length, 2 * this.most) : undefined);
    }
    this.put(time, isStale ? NaN : value, isStale ? 1 : 0);
    return true;
  }

  /**
   * Puts further samples in between, where those at hand are more than `gap` milliseconds apart, before the first one
   * and behind the last one: elsewhere those at hand know better.
   */
  fill(saved: Saved, gap: number): void {
    const added: number[] = [];
    for (let i = 0; i < saved.times.length; i++) {
      const next = after(this, saved.times[i]!);
      const before = next > this.from ? this.times[next - 1]! : -Infinity;
      const behind = next < this.to ? this.times[next]! : Infinity;
      if (before < saved.times[i]! && behind - before > gap) {
        added.push(i);
      }
    }
    if (added.length === 0) {
      return;
    }
    const { times, values, stale, from, to } = this;
    const length = this.length + added.length;
    this.resize(Math.max(firstCapacity, 2 * Math.min(length, this.most)));
    let own = from;
    // Of more than there is room for, the oldest are left out.
    let skipped = length - this.most;
    const take = (source: Saved, i: number) =>
      skipped-- <= 0 && this.put(source.times[i]!, source.values[i]!, source.stale[i]!);
    for (const i of added) {
      for (; own < to && times[own]! < saved.times[i]!; own++) {
        take({ times, values, stale }, own);
      }
      take(saved, i);
    }
    for (; own < to; own++) {
      take({ times, values, stale }, own);
    }
  }

  /** Drops samples up to a time. */
  dropUntil(time: number): void {
    while (this.from < this.to && this.times[this.from]! <= time) {
      this.from++;
    }
  }

  private put(time: number, value: number, stale: number): void {
    this.times[this.to] = time;
    this.values[this.to] = value;
    this.stale[this.to] = stale;
    this.to++;
  }

  /** Moves the samples to the front, of larger arrays if a capacity is given. */
  private move(capacity: number | undefined): void {
    const { from, to, times, values, stale } = this;
    if (capacity !== undefined) {
      this.resize(capacity);
    }
    this.times.set(times.subarray(from, to));
    this.values.set(values.subarray(from, to));
    this.stale.set(stale.subarray(from, to));
    this.to = to - from;
    this.from = 0;
  }

  /** Empty arrays. */
  private resize(capacity: number): void {
    this.times = new Float64Array(capacity);
    this.values = new Float64Array(capacity);
    this.stale = new Uint8Array(capacity);
    this.from = 0;
    this.to = 0;
  }
}
