interface Run {
  start: number;
  last: number;
  count: number;
}

/** Records since when targets have been scraped live without a gap. Times are milliseconds by the backend's clock. */
export class ScrapeCoverage {
  private readonly runs = new Map<string, Run>();

  /** Scrapes more than `gapMs` milliseconds apart have a gap between them. */
  constructor(private readonly gapMs: number) {}

  add(id: string, time: number): void {
    const run = this.runs.get(id);
    this.runs.set(
      id,
      run && time - run.last <= this.gapMs
        ? { ...run, last: time, count: run.count + 1 }
        : { start: time, last: time, count: 1 }
    );
  }

  /** Time of the last scrape of a target; -Infinity when there was none. */
  last(id: string): number {
    return this.runs.get(id)?.last ?? -Infinity;
  }

  /**
   * Whether the live scrapes of a target cover a window: at least four, the first at most 1.5 intervals after its start.
   * With fewer, a rate would mostly reflect the samples before live mode.
   */
  covers(id: string, end: number, windowMs: number, intervalMs: number): boolean {
    const run = this.runs.get(id);
    const start = end - windowMs;
    return run !== undefined && run.last > start && run.count >= 4 && run.start <= start + 1.5 * intervalMs;
  }

  /** Forgets all other targets. */
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
