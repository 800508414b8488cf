import { matcher } from '../promql';
import { type Reading } from '../signals/types';
import { CounterCourse, type CourseUpdate, type Sample } from './CounterCourse';
import { type LiveSeries } from './SeriesRegistry';

/** The catalogue's rules for telling counters and restarts. */
export type CounterRules = Pick<Reading, 'start' | 'reload' | 'counters' | 'scraping'>;

/** Start and reload time of a process, as exported. */
interface ProcessTimes {
  start?: number;
  reload?: number;
}

/** The courses of all counters of one target. */
export class CounterCourses {
  private readonly included: (name: string) => boolean;
  private readonly excluded: (name: string) => boolean;
  /** What the last scrape means for each of its counters. */
  updates: ReadonlyMap<LiveSeries, CourseUpdate> = new Map();
  private courses = new Map<LiveSeries, CounterCourse>();
  private process: ProcessTimes = {};

  constructor(private readonly rules: CounterRules) {
    this.included = matcher('__name__', '=~', rules.counters.include).matches;
    this.excluded = matcher('__name__', '=~', rules.counters.exclude).matches;
  }

  /** Takes a successful scrape. Returns the samples to store of counters that have ended. */
  add(time: number, all: readonly LiveSeries[]): Array<[LiveSeries, Sample[]]> {
    const process = this.processTimes(all);
    const isSameProcess =
      process.start !== undefined && process.start === this.process.start && process.reload === this.process.reload;
    const before = this.courses;
    const updates = new Map<LiveSeries, CourseUpdate>();
    this.process = process;
    this.courses = new Map();
    for (const series of all) {
      if (this.included(series.name) && !this.excluded(series.name)) {
        const course = before.get(series) ?? new CounterCourse();
        this.courses.set(series, course);
        updates.set(series, course.add(time, series.value, isSameProcess));
      }
    }
    this.updates = updates;
    return [...before].flatMap(([series, course]) => (updates.has(series) ? [] : [[series, course.end()]]));
  }

  /** Takes a failed scrape. Returns the samples to store of all counters. */
  fail(): Array<[LiveSeries, Sample[]]> {
    this.updates = new Map();
    return [...this.courses].map(([series, course]) => [series, course.end()]);
  }

  private processTimes(all: readonly LiveSeries[]): ProcessTimes {
    const { start, reload, scraping } = this.rules;
    const valueOf = (name: string) => all.find((series) => series.name === name)?.value;
    return { start: valueOf(start.metric) ?? valueOf(scraping.processStartMetric), reload: valueOf(reload.metric) };
  }
}
