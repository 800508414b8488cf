import { Labels, type Matcher, type Source } from '../promql';
import { BufferedSeries, type SampleColumns } from './BufferedSeries';

import { CounterCourses, type CounterRules } from './CounterCourses';
import { type ParsedExposition } from './ExpositionReader';
import { atOnce } from './Slices';
import { type LiveSeries } from './SeriesRegistry';

/** Series between two pauses: at most some milliseconds of work. */
const seriesPerStep = 100;

export interface Bounds {
  /** Maximum number of samples of one series. */
  samplesPerSeries: number;
  /** Maximum age of a sample in milliseconds, until {@link SampleBuffer.setMaxAge} says otherwise. */
  maxAgeMs: number;
}

/** One scrape of a target. */
export interface Scrape {
  /** When the backend scraped, by the backend's clock: milliseconds since 1970. */
  time: number;
  /** Undefined when the scrape failed. */
  exposition?: ParsedExposition;
  /** Scrape duration in seconds. */
  duration: number;
  /** The address is a load balancer: its samples belong to several instances and are counted, but not kept. */
  isLoadBalanced?: boolean;
  /** Additional series of the target that come from the settings. */
  gauges?: readonly Gauge[];
}

/** A sample that comes from the settings instead of the target. */
export interface Gauge {
  name: string;
  /** Labels in addition to those of the target. */
  labels?: Readonly<Record<string, string>>;
  value: number;
}

/** A series from the backend's history. */
export interface HistorySeries extends SampleColumns {
  /** Includes the target's labels. */
  labels: Readonly<Record<string, string>>;
}

/** The buffered series of one target. */
interface TargetSeries {
  identity: Labels;
  series: Map<LiveSeries, BufferedSeries>;
  /** Series that have not been marked as stale. */
  active: Set<BufferedSeries>;
  last?: Scrape;
  counters?: CounterCourses;
  /** The last scrape that showed that counters had fallen without a restart, and have returned. */
  dippedAt: number;
}

/**
 * The samples of live targets, as a source for the evaluator. A series that is missing from a scrape gets a stale marker,
 * as in the backend. The buffer keeps only the metrics that a subscriber needs, and the synthetic series of each target.
 */
export class SampleBuffer implements Source {
  private readonly targets = new Map<string, TargetSeries>();
  /** By metric name, then by label key. */
  private readonly metrics = new Map<string, Map<string, BufferedSeries>>();
  private newest = -Infinity;
  private isNeeded: (metric: string) => boolean = () => true;
  private maxAgeMs: (metric: string) => number;

  /** Without `counterRules`, counters are stored as they are scraped. */
  constructor(
    private readonly bounds: Readonly<Bounds>,
    private readonly counterRules?: CounterRules
  ) {
    this.maxAgeMs = () => bounds.maxAgeMs;
  }

  /** Sets the maximum age of a metric's samples in milliseconds. */
  setMaxAge(maxAgeMs: (metric: string) => number): void {
    this.maxAgeMs = maxAgeMs;
  }

  /** Sets which metrics are kept. Metrics that become needed start with the last scrape of each target. */
  setNeeded(isNeeded: (metric: string) => boolean): void {
    this.isNeeded = isNeeded;
    for (const target of this.targets.values()) {
      if (target.last) {
        atOnce(this.keep(target, target.last, target.active));
      }
    }
  }

  /**
   * Adds a scrape of a target. `identity` holds the labels that all its samples carry; when they change, the series with
   * the old labels become stale. A scrape that is not newer than the target's last one is ignored.
   */
  append(id: string, identity: Readonly<Record<string, string>>, scrape: Scrape): void {
    atOnce(this.appendInSteps(id, identity, scrape));
  }

  /**
   * {@link append} that pauses. Until it has finished, the scrape before counts as the target's last one, and
   * {@link setNeeded} must not be called. If it is given up, the same scrape can be appended again.
   */
  *appendInSteps(id: string, identity: Readonly<Record<string, string>>, scrape: Scrape): Generator<void, void> {
    const { time, exposition, duration, isLoadBalanced = false, gauges = [] } = scrape;
    const target = this.target(id, identity, time);
    if (target.last && time <= target.last.time) {
      return;
    }
    this.followCounters(target, scrape);
    yield;
    const active = new Set<BufferedSeries>();
    yield* this.keep(target, scrape, active);
    const before = target.active;
    target.active = active;
    target.last = scrape;
    const synthetic: Gauge[] = [
      { name: 'up', value: exposition && !isLoadBalanced ? 1 : 0 },
      { name: 'scrape_duration_seconds', value: duration },
      { name: 'scrape_samples_scraped', value: exposition?.series.length ?? 0 },
      ...gauges,
    ];
    for (const { name, labels, value } of synthetic) {
      const all = Labels.fromEntries([...Object.entries({ ...identity, ...labels }), ['__name__', name]]);
      this.write(target, this.seriesWith(all), time, value);
    }
    this.newest = Math.max(this.newest, time);
    yield;
    // A series that is no longer needed is not stale, only not kept.
    markStale(
      [...before].filter((series) => !target.active.has(series) && this.isNeeded(series.labels.get('__name__'))),
      time
    );
  }

  /**
   * Adds samples from the backend's history where there are no live scrapes. Live scrapes more than `gapMs` milliseconds
   * apart leave a gap. A series that was missing from the last scrape becomes stale at that scrape.
   */
  fill(id: string, identity: Readonly<Record<string, string>>, history: readonly HistorySeries[], gapMs: number): void {
    const target = this.target(id, identity, this.newest);
    for (const { labels, ...samples } of history) {
      const series = this.seriesWith(Labels.fromRecord(labels));
      series.fill(samples, gapMs);
      if (target.last && !target.active.has(series)) {
        series.append(target.last.time, NaN, true);
      } else if (!series.isStale) {
        target.active.add(series);
      }
      this.newest = Math.max(this.newest, series.newest);
    }
  }

  /** Marks all series of a target as stale and forgets the target. Another target may continue the series. */
  removeTarget(id: string, time: number): void {
    markStale(this.targets.get(id)?.active ?? [], time);
    this.targets.delete(id);
  }

  /** Drops samples that exceed their maximum age, and series without samples. Call it once per tick. */
  trim(): void {
    atOnce(this.trimInSteps());
  }

  /** {@link trim} that pauses. */
  *trimInSteps(): Generator<void, void> {
    let done = 0;
    const isStepDone = () => ++done % seriesPerStep === 0;
    for (const [metric, byLabels] of this.metrics) {
      const oldest = this.newest - this.maxAgeMs(metric);
      for (const series of byLabels.values()) {
        if (isStepDone()) {
          yield;
        }
        series.dropUntil(oldest);
        if (series.length === 0 || (series.isStale && series.length === 1)) {
          this.remove(series.labels);
        }
      }
    }
    for (const [id, { series, active }] of this.targets) {
      for (const [key, buffered] of series) {
        if (isStepDone()) {
          yield;
        }
        if (this.find(buffered.labels) !== buffered) {
          series.delete(key);
        }
      }
      if ([...active].every((buffered) => this.find(buffered.labels) !== buffered)) {
        this.targets.delete(id); // it is no longer scraped
      }
    }
  }

  select(matchers: readonly Matcher[]): BufferedSeries[] {
    const name = matchers.find(({ label, operator }) => label === '__name__' && operator === '=');
    const others = matchers.filter((matcher) => matcher !== name);
    const candidates = name ? [this.metrics.get(name.value)] : [...this.metrics.values()];
    return candidates.flatMap((byLabels) =>
      [...(byLabels?.values() ?? [])].filter(({ labels }) =>
        others.every(({ label, matches }) => matches(labels.get(label)))
      )
    );
  }

  /** Time of the oldest sample of the metrics that `includes` accepts, in milliseconds; Infinity when there is none. */
  oldestSample(includes: (metric: string) => boolean): number {
    let oldest = Infinity;
    for (const [metric, byLabels] of this.metrics) {
      for (const { times, from, to } of includes(metric) ? byLabels.values() : []) {
        oldest = from < to ? Math.min(oldest, times[from]!) : oldest;
      }
    }
    return oldest;
  }

  /** When counters of a target last returned after a fall without a restart, in milliseconds; -Infinity if never. */
  dippedAt(id: string): number {
    return this.targets.get(id)?.dippedAt ?? -Infinity;
  }

  /** Number of series and samples. */
  size(): { series: number; samples: number } {
    const all = this.select([]);
    return { series: all.length, samples: all.reduce((sum, { length }) => sum + length, 0) };
  }

  private target(id: string, identity: Readonly<Record<string, string>>, time: number): TargetSeries {
    const labels = Labels.fromRecord(identity);
    const known = this.targets.get(id);
    if (known?.identity.key === labels.key) {
      return known;
    }
    this.removeTarget(id, time - 1);
    const target: TargetSeries = {
      identity: labels,
      series: new Map(),
      active: new Set(),
      counters: this.counterRules && new CounterCourses(this.counterRules),
      dippedAt: -Infinity,
    };
    this.targets.set(id, target);
    return target;
  }

  /** Follows the counters of a scrape, needed or not, and settles those that have ended. */
  private followCounters(target: TargetSeries, { time, exposition, isLoadBalanced }: Scrape): void {
    const { counters } = target;
    if (!counters) {
      return;
    }
    const ended = exposition && !isLoadBalanced ? counters.add(time, exposition.series) : counters.fail();
    ended.forEach(([scraped, samples]) => target.series.get(scraped)?.settle(samples));
    if ([...counters.updates.values()].some(({ isDip }) => isDip)) {
      target.dippedAt = time;
    }
  }

  /** Writes the samples of a scrape that are needed, and adds their series to `active`. */
  private *keep(
    target: TargetSeries,
    { time, exposition, isLoadBalanced }: Scrape,
    active: Set<BufferedSeries>
  ): Generator<void, void> {
    for (const [i, scraped] of (isLoadBalanced ? [] : (exposition?.series ?? [])).entries()) {
      if (i % seriesPerStep === seriesPerStep - 1) {
        yield;
      }
      if (!this.isNeeded(scraped.name)) {
        continue;
      }
      let series = target.series.get(scraped);
      if (!series || this.find(series.labels) !== series) {
        series = this.seriesWith(withIdentity(scraped.labels, target.identity));
        target.series.set(scraped, series);
      }
      const { settled, provisional } = target.counters?.updates.get(scraped) ?? {
        settled: [{ time, value: scraped.value }],
      };
      series.settle(settled);
      if (provisional) {
        series.appendProvisional(provisional);
      }
      active.add(series);
    }
  }

  private write(target: TargetSeries, series: BufferedSeries, time: number, value: number): void {
    series.append(time, value);
    target.active.add(series);
  }

  private find(labels: Labels): BufferedSeries | undefined {
    return this.metrics.get(labels.get('__name__'))?.get(labels.key);
  }

  /** The series with these labels, created when it does not exist. */
  private seriesWith(labels: Labels): BufferedSeries {
    const name = labels.get('__name__');
    let byLabels = this.metrics.get(name);
    if (!byLabels) {
      byLabels = new Map();
      this.metrics.set(name, byLabels);
    }
    let series = byLabels.get(labels.key);
    if (!series) {
      series = new BufferedSeries(labels, this.bounds.samplesPerSeries);
      byLabels.set(labels.key, series);
    }
    return series;
  }

  private remove(labels: Labels): void {
    const name = labels.get('__name__');
    const byLabels = this.metrics.get(name);
    byLabels?.delete(labels.key);
    if (byLabels?.size === 0) {
      this.metrics.delete(name);
    }
  }
}

function markStale(all: Iterable<BufferedSeries>, time: number): void {
  for (const series of all) {
    series.append(time, NaN, true);
  }
}

/** Adds the target's labels. A scraped label of the same name becomes `exported_<name>`, as in Prometheus. */
function withIdentity(scraped: Labels, identity: Labels): Labels {
  return identity.entries().reduce((labels, [name, value]) => {
    const exported = scraped.get(name);
    return (exported === '' ? labels : labels.set(`exported_${name}`, exported)).set(name, value);
  }, scraped);
}
