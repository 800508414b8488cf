export interface Sample {
  /** Milliseconds since 1970. */
  time: number;
  value: number;
}

/** What to do with a counter after a scrape. */
export interface CourseUpdate {
  /** Samples to store, in order of time. They replace provisional samples of the same times. */
  settled: Sample[];
  /** A sample that stands in for a withheld one until a later scrape settles it. */
  provisional?: Sample;
  /** The settled samples include replaced ones: the counter fell without a restart and has returned. */
  isDip?: boolean;
}

/** Number of scrapes for which a fallen counter may stay below its last value before that counts as a reset. */
export const maxDipScrapes = 3;

/**
 * Follows one counter, and tells dips from resets. A counter of a process that has not restarted cannot fall. If one does,
 * its samples are withheld until it returns, which replaces them by a straight line, or until it has stayed below for more
 * than {@link maxDipScrapes} scrapes, which makes it a reset. docs/counter-dips.md defines the rule; pkg/counters has the
 * same one, and both pass tests/corpora/dips.json.
 */
export class CounterCourse {
  private previous?: Sample;
  private last?: Sample;
  private withheld: Sample[] = [];

  /** Takes the next sample. `isSameProcess`: the target has not restarted since its last successful scrape. */
  add(time: number, value: number, isSameProcess: boolean): CourseUpdate {
    const sample = { time, value };
    const { last, previous, withheld } = this;
    if (!last || !isSameProcess || Number.isNaN(value) || Number.isNaN(last.value)) {
      const settled = this.end();
      this.previous = undefined;
      this.last = sample;
      return { settled: [...settled, sample] };
    }
    if (value >= last.value) {
      this.withheld = [];
      this.previous = last;
      this.last = sample;
      const replaced = withheld.map((one) => ({ time: one.time, value: onLine(last, sample, one.time) }));
      return { settled: [...replaced, sample], isDip: replaced.length > 0 };
    }
    withheld.push(sample);
    if (withheld.length > maxDipScrapes) {
      this.withheld = [];
      this.previous = undefined;
      this.last = sample;
      return { settled: withheld };
    }
    return { settled: [], provisional: previous && { time, value: onLine(previous, last, time) } };
  }

  /** The series has ended, or the scrape has failed. Withheld samples become the last value before them. */
  end(): Sample[] {
    const { last, withheld } = this;
    this.withheld = [];
    return withheld.map(({ time }) => ({ time, value: last!.value }));
  }
}

/** The value at a time on the line through two samples. */
function onLine(a: Sample, b: Sample, time: number): number {
  return a.value + ((b.value - a.value) * (time - a.time)) / (b.time - a.time);
}
