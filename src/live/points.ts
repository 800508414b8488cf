import { type Labels, type Result } from '../promql';

interface Line {
  labels: Labels;
  times: number[];
  values: number[];
}

/**
 * The points of one expression, in order of time. Between two that stay lies at least about a step: the newest one gives
 * way to the next until then, so that what is shown is always of now.
 */
export class Points {
  private readonly lines = new Map<string, Line>();
  /** The moments that have been evaluated. */
  private times: number[] = [];

  /** `step` and `slack` (how much earlier a point may come) in milliseconds. */
  constructor(
    private readonly step: number,
    private readonly slack: number
  ) {}

  /** Of the newest moment; -Infinity where there is none. */
  get newest(): number {
    return this.times.at(-1) ?? -Infinity;
  }

  /** Adds the results of a later moment. */
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

  /** Puts results of other moments in between, which lie a step apart. */
  insert(times: number[], { series }: Pick<Result, 'series'>): void {
    const known = new Set(this.times);
    const isOther = (time: number) => !known.has(time);
    this.times = [...this.times, ...times.filter(isOther)].sort(ascending);
    for (const { labels, times, values } of series) {
      const line = this.line(labels);
      const all = [
        ...line.times.map((time, i) => ({ time, value: line.values[i]! })),
        ...Array.from(times, (time, i) => ({ time, value: values[i]! })).filter(({ time }) => isOther(time)),
      ].sort((a, b) => ascending(a.time, b.time));
      line.times = all.map(({ time }) => time);
      line.values = all.map(({ value }) => value);
    }
  }

  /** Leaves out what is older than a time, and the oldest of more than so many. */
  trim(oldest: number, most: number): void {
    const kept = this.times.filter((time) => time >= oldest).slice(-most);
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

  /** As the result of a query over a range. */
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
