interface Run {
  start: number;
  last: number;
  count: number;
}

/** Since when targets have been scraped live without a pause. Times are milliseconds, by the backend's clock. */
export class Runs {
  private readonly runs = new Map<string, Run>();
  private readonly firsts = new Map<string, number>();

  /** `gap`: scrapes that are further apart begin a new run. */
  constructor(private readonly gap: number) {}

  add(id: string, time: number): void {
    const run = this.runs.get(id);
    this.runs.set(
      id,
      run && time - run.last <= this.gap
        ? { ...run, last: time, count: run.count + 1 }
        : { start: time, last: time, count: 1 }
    );
    if (!this.firsts.has(id)) {
      this.firsts.set(id, time);
    }
  }

  /** The last scrape of a target; -Infinity where there was none. */
  last(id: string): number {
    return this.runs.get(id)?.last ?? -Infinity;
  }

  /** The first live scrape of any of these, pauses or not. */
  first(ids: readonly string[]): number | undefined {
    const firsts = ids.flatMap((id) => this.firsts.get(id) ?? []);
    return firsts.length > 0 ? Math.min(...firsts) : undefined;
  }

  /**
   * Whether the live scrapes of a target cover a window: at least four, from one interval after the window's begin on. With
   * fewer, a rate would read low.
   */
  covers(id: string, end: number, length: number, interval: number): boolean {
    const run = this.runs.get(id);
    return run !== undefined && run.last > end - length && run.count >= 4 && run.start <= end - length + 1.5 * interval;
  }

  clear(): void {
    this.runs.clear();
    this.firsts.clear();
  }
}
