import { Labels, type Matcher, type Source } from '../promql';
import { BufferedSeries, type Saved } from './buffered';
import { type Answer } from './reader';
import { type LiveSeries } from './series';

export interface Bounds {
  /** Samples of one series. */
  points: number;
  /** Age of a sample, milliseconds, as long as nobody says otherwise. */
  age: number;
}

/** One scrape of a target. */
export interface Scrape {
  /** When the backend scraped, milliseconds since 1970: never the browser's clock. */
  time: number;
  /** Nothing where the target did not answer. */
  answer?: Answer;
  /** How long it took, seconds. */
  duration: number;
  /** Something answers, but no Falco is measured: what a load balancer gives is counted and not kept. */
  isBalanced?: boolean;
  /** Further series of the target, from the settings. */
  gauges?: readonly Gauge[];
}

/** A sample that comes from the settings instead of an answer. */
export interface Gauge {
  name: string;
  /** Besides those of the target. */
  labels?: Readonly<Record<string, string>>;
  value: number;
}

/** A series of the backend's history. */
export interface SavedSeries extends Saved {
  /** Those of the target among them. */
  labels: Readonly<Record<string, string>>;
}

/** What is known of a target's series. */
interface Target {
  identity: Labels;
  series: Map<LiveSeries, BufferedSeries>;
  /** Those that have not ended. */
  active: Set<BufferedSeries>;
  last?: Scrape;
}

/**
 * The samples of live targets, for the evaluator. Series that no longer come are marked as gone, as in the backend. Of an
 * answer it keeps the metrics that somebody wants, and what is told of every target.
 */
export class SampleBuffer implements Source {
  private readonly targets = new Map<string, Target>();
  /** By metric and by labels. */
  private readonly metrics = new Map<string, Map<string, BufferedSeries>>();
  private newest = -Infinity;
  private wants: (metric: string) => boolean = () => true;
  private age: (metric: string) => number;

  constructor(private readonly bounds: Readonly<Bounds>) {
    this.age = () => bounds.age;
  }

  /** How old samples of a metric may become from now on, milliseconds. */
  keepFor(age: (metric: string) => number): void {
    this.age = age;
  }

  /** Says anew which metrics are kept. Those that are now wanted begin with the last answers. */
  want(wants: (metric: string) => boolean): void {
    this.wants = wants;
    for (const target of this.targets.values()) {
      if (target.last) {
        this.keep(target, target.last);
      }
    }
  }

  /**
   * Adds a scrape of a target. `identity` are the labels that all its samples carry; when they change, the series under
   * the old ones are gone. Scrapes that are not newer than a target's last one change nothing.
   */
  append(id: string, identity: Readonly<Record<string, string>>, scrape: Scrape): void {
    const { time, answer, duration, isBalanced = false, gauges = [] } = scrape;
    const target = this.target(id, identity, time);
    if (target.last && time <= target.last.time) {
      return;
    }
    const before = target.active;
    target.active = new Set();
    target.last = scrape;
    this.keep(target, scrape);
    const own: Gauge[] = [
      { name: 'up', value: answer && !isBalanced ? 1 : 0 },
      { name: 'scrape_duration_seconds', value: duration },
      { name: 'scrape_samples_scraped', value: answer?.series.length ?? 0 },
      ...gauges,
    ];
    for (const { name, labels, value } of own) {
      const all = Labels.of([...Object.entries({ ...identity, ...labels }), ['__name__', name]]);
      this.write(target, this.at(all), time, value);
    }
    // Refused by those that have just been appended to. Those that nobody wants any more only are no longer kept.
    end(
      [...before].filter(({ labels }) => this.wants(labels.get('__name__'))),
      time
    );
    this.newest = Math.max(this.newest, time);
  }

  /**
   * Adds samples of the backend's history where there are none of the live scrapes, which are at most `gap` milliseconds
   * apart while they go on. A series that the last scrape no longer had ends there.
   */
  fill(id: string, identity: Readonly<Record<string, string>>, saved: readonly SavedSeries[], gap: number): void {
    const target = this.target(id, identity, this.newest);
    for (const { labels, ...samples } of saved) {
      const one = this.at(Labels.from(labels));
      one.fill(samples, gap);
      if (target.last && !target.active.has(one)) {
        one.append(target.last.time, NaN, true);
      } else if (!one.isGone) {
        target.active.add(one);
      }
      this.newest = Math.max(this.newest, one.newest);
    }
  }

  /** Marks all series of a target as gone, and forgets it: another one may go on with them. */
  leave(id: string, time: number): void {
    end(this.targets.get(id)?.active ?? [], time);
    this.targets.delete(id);
  }

  /** Drops what is older than it may be, and series of which nothing is left. To be called once a tick. */
  trim(): void {
    for (const [metric, byLabels] of this.metrics) {
      const oldest = this.newest - this.age(metric);
      for (const one of byLabels.values()) {
        one.dropUntil(oldest);
        if (one.length === 0 || (one.isGone && one.length === 1)) {
          this.remove(one.labels);
        }
      }
    }
    for (const [id, { series, active }] of this.targets) {
      for (const [key, one] of series) {
        if (this.find(one.labels) !== one) {
          series.delete(key);
        }
      }
      if ([...active].every((one) => this.find(one.labels) !== one)) {
        this.targets.delete(id); // not scraped any more
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

  /** When the oldest sample of some metrics is from, milliseconds; Infinity where there is none. */
  since(isMeant: (metric: string) => boolean): number {
    let oldest = Infinity;
    for (const [metric, byLabels] of this.metrics) {
      for (const { times, from, to } of isMeant(metric) ? byLabels.values() : []) {
        oldest = from < to ? Math.min(oldest, times[from]!) : oldest;
      }
    }
    return oldest;
  }

  /** How many series and samples there are. */
  size(): { series: number; samples: number } {
    const all = this.select([]);
    return { series: all.length, samples: all.reduce((sum, { length }) => sum + length, 0) };
  }

  private target(id: string, identity: Readonly<Record<string, string>>, time: number): Target {
    const labels = Labels.from(identity);
    const known = this.targets.get(id);
    if (known?.identity.key === labels.key) {
      return known;
    }
    this.leave(id, time - 1);
    const target: Target = { identity: labels, series: new Map(), active: new Set() };
    this.targets.set(id, target);
    return target;
  }

  /** The samples of a scrape that are wanted. */
  private keep(target: Target, { time, answer, isBalanced }: Scrape): void {
    for (const one of isBalanced ? [] : (answer?.series ?? [])) {
      if (!this.wants(one.name)) {
        continue;
      }
      let series = target.series.get(one);
      if (!series || this.find(series.labels) !== series) {
        series = this.at(identified(one.labels, target.identity));
        target.series.set(one, series);
      }
      this.write(target, series, time, one.value);
    }
  }

  private write(target: Target, series: BufferedSeries, time: number, value: number): void {
    series.append(time, value);
    target.active.add(series);
  }

  private find(labels: Labels): BufferedSeries | undefined {
    return this.metrics.get(labels.get('__name__'))?.get(labels.key);
  }

  private at(labels: Labels): BufferedSeries {
    const name = labels.get('__name__');
    let byLabels = this.metrics.get(name);
    if (!byLabels) {
      byLabels = new Map();
      this.metrics.set(name, byLabels);
    }
    let one = byLabels.get(labels.key);
    if (!one) {
      one = new BufferedSeries(labels, this.bounds.points);
      byLabels.set(labels.key, one);
    }
    return one;
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

function end(series: Iterable<BufferedSeries>, time: number): void {
  for (const one of series) {
    one.append(time, NaN, true);
  }
}

/** A label that the target has, too, is renamed as Prometheus does. */
function identified(own: Labels, identity: Labels): Labels {
  return identity.entries().reduce((labels, [name, value]) => {
    const sent = own.get(name);
    return (sent === '' ? labels : labels.set(`exported_${name}`, sent)).set(name, value);
  }, own);
}
