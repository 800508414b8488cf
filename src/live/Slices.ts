/** How long work may keep the page from responding, in milliseconds. */
const sliceMs = 20;

/** Runs work that pauses often, in slices between which the page can respond. Work that follows shares a slice. */
export class Slices {
  private end = performance.now() + sliceMs;

  constructor(private readonly signal: AbortSignal) {}

  /** Rejects when the signal aborts. */
  async run<Result>(steps: Generator<void, Result>): Promise<Result> {
    for (;;) {
      const step = steps.next();
      if (step.done) {
        return step.value;
      }
      if (performance.now() >= this.end) {
        await new Promise((resolve) => setTimeout(resolve, 0));
        this.end = performance.now() + sliceMs;
      }
      if (this.signal.aborted) {
        steps.return(undefined!);
        this.signal.throwIfAborted();
      }
    }
  }
}

/** Runs work at once that could be run in slices. */
export function atOnce<Result>(steps: Generator<void, Result>): Result {
  for (;;) {
    const step = steps.next();
    if (step.done) {
      return step.value;
    }
  }
}
