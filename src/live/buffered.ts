import { type Labels, type StoredSeries } from '../promql';

const firstCapacity = 16;

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
      this.makeRoom();
    }
    this.times[this.to] = time;
    this.values[this.to] = isStale ? NaN : value;
    this.stale[this.to] = isStale ? 1 : 0;
    this.to++;
    return true;
  }

  /** Drops samples up to a time. */
  dropUntil(time: number): void {
    while (this.from < this.to && this.times[this.from]! <= time) {
      this.from++;
    }
  }

  /** Moves the samples to the front, of larger arrays if they take more than half of these. */
  private makeRoom(): void {
    const { from, to, times, values, stale } = this;
    if (2 * this.length > times.length) {
      const capacity = Math.min(2 * times.length, 2 * this.most);
      this.times = new Float64Array(capacity);
      this.values = new Float64Array(capacity);
      this.stale = new Uint8Array(capacity);
    }
    this.times.set(times.subarray(from, to));
    this.values.set(values.subarray(from, to));
    this.stale.set(stale.subarray(from, to));
    this.to = to - from;
    this.from = 0;
  }
}
