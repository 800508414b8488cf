interface Run {
  start: number;
  last: number;
  count: number;
}

/** Since when targets have been scraped live without a pause. Times are milliseconds, by the backend's clock. */
export class Runs {
  private readonly runs = new Map<string, Run>();

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
  }

  /** The last scrape of a target; -Infinity where there was none. */
  last(id: string): number {
    return this.runs.get(id)?.last ?? -Infinity;
  }

  /**
   * Whether the live scrapes of a target cover a window: at least four, from one interval after the window's begin on. With
   * fewer, a rate would say more of what was before.
   */
  covers(id: string, end: number, length: number, interval: number): boolean {
    const run = this.runs.get(id);
    return run !== undefined && run.last > end - length && run.count >= 4 && run.start <= end - length + 1.5 * interval;
  }

  /** Forgets all targets but these. */
  retain(ids: ReadonlySet<string>): void {
    for (const id of this.runs.keys()) {
      if (!ids.has(id)) {
        this.runs.delete(id);
      }
    }
  }

  clear(): void {
    this.runs.clear();
  }
}
