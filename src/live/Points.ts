import { type Labels, type Result } from '../promql';

interface Line {
  labels: Labels;
  times: number[];
  values: number[];
}

/**
 * The points of one expression, in order of time. Permanent points are about one step apart. Until the next step is due, the
 * newest point is temporary: each tick replaces it, so that the line always ends at the last scrape.
 */
export class Points {
  private readonly lines = new Map<string, Line>();
  /** The times that have been evaluated. */
  private times: number[] = [];

  /** Step, and how much earlier a point may come, in milliseconds. */
  constructor(
    private readonly step: number,
    private readonly slack: number
  ) {}

  /** The newest time; -Infinity when there is none. */
  get newest(): number {
    return this.times.at(-1) ?? -Infinity;
  }

  /** Adds the results of a later time. */
  add(time: number, { series }: Pick<Result, 'series'>): void {
    const last = this.times.at(-2);
    if (last !== undefined && this.newest - last < this.step - this.slack) {
      this.drop(this.newest);
    }
    this.times.push(time);
    for (const { labels, times, values } of series) {
      const line = this.line(labels);
      line.times.push(...times);
      line.values.push(...values);
    }
  }

  /** Inserts results at times that have not been evaluated yet. */
  insert(times: number[], { series }: Pick<Result, 'series'>): void {
    const evaluated = new Set(this.times);
    const isNew = (time: number) => !evaluated.has(time);
    this.times = [...this.times, ...times.filter(isNew)].sort(ascending);
    for (const { labels, times, values } of series) {
      const line = this.line(labels);
      const merged = [
        ...line.times.map((time, i) => ({ time, value: line.values[i]! })),
        ...Array.from(times, (time, i) => ({ time, value: values[i]! })).filter(({ time }) => isNew(time)),
      ].sort((a, b) => ascending(a.time, b.time));
      line.times = merged.map(({ time }) => time);
      line.values = merged.map(({ value }) => value);
    }
  }

  /** Drops points before `oldest`, and the oldest points beyond `maxPoints`. */
  trim(oldest: number, maxPoints: number): void {
    const kept = this.times.filter((time) => time >= oldest).slice(-maxPoints);
    if (kept.length === this.times.length) {
      return;
    }
    this.times = kept;
    const first = kept[0] ?? Infinity;
    for (const [key, line] of this.lines) {
      const from = line.times.findIndex((time) => time >= first);
      if (from < 0) {
        this.lines.delete(key);
      } else {
        line.times.splice(0, from);
        line.values.splice(0, from);
      }
    }
  }

  /** The points as the result of a range query. */
  result(): { type: 'matrix'; series: Line[] } {
    return { type: 'matrix', series: [...this.lines.values()].sort((a, b) => a.labels.compare(b.labels)) };
  }

  private line(labels: Labels): Line {
    const line = this.lines.get(labels.key) ?? { labels, times: [], values: [] };
    this.lines.set(labels.key, line);
    return line;
  }

  private drop(time: number): void {
    this.times.pop();
    for (const [key, line] of this.lines) {
      if (line.times.at(-1) === time) {
        line.times.pop();
        line.values.pop();
      }
      if (line.times.length === 0) {
        this.lines.delete(key);
      }
    }
  }
}

function ascending(a: number, b: number): number {
  return a - b;
}
