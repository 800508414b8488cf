import { Labels, type Matcher, type Source } from '../promql';
import { BufferedSeries } from './buffered';
import { type Answer } from './reader';
import { type LiveSeries } from './series';

export interface Bounds {
  /** Samples of one series. */
  points: number;
  /** Age of a sample, milliseconds. */
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
}

/** What is known of a target's series. */
interface Target {
  identity: Labels;
  series: Map<LiveSeries, BufferedSeries>;
  /** Those that the last scrape had. */
  active: BufferedSeries[];
}

/** The samples of live targets, for the evaluator. Series that no longer come are marked as gone, as in the backend. */
export class SampleBuffer implements Source {
  private readonly targets = new Map<string, Target>();
  /** By metric and by labels. */
  private readonly metrics = new Map<string, Map<string, BufferedSeries>>();
  private newest = -Infinity;

  constructor(private readonly bounds: Bounds) {}

  /**
   * Adds a scrape of a target. `identity` are the labels that all its samples carry; when they change, the series under
   * the old ones are gone. Scrapes that are not newer than a target's last one change nothing.
   */
  append(id: string, identity: Record<string, string>, { time, answer, duration }: Scrape): void {
    const labels = Labels.from(identity);
    let target = this.targets.get(id);
    if (target && target.identity.key !== labels.key) {
      this.end(target, time - 1);
      target = undefined;
    }
    if (!target) {
      target = { identity: labels, series: new Map(), active: [] };
      this.targets.set(id, target);
    }
    const up = this.at(labels.set('__name__', 'up'));
    if (time <= up.newest) {
      return;
    }
    const samples = answer?.series ?? [];
    const active = samples.map((one) => this.add(target, one, time));
    const own = { up: answer ? 1 : 0, scrape_duration_seconds: duration, scrape_samples_scraped: samples.length };
    for (const [name, value] of Object.entries(own)) {
      const series = this.at(labels.set('__name__', name));
      series.append(time, value);
      active.push(series);
    }
    this.end(target, time); // refused by those that have just been appended to
    target.active = active;
    this.newest = Math.max(this.newest, time);
  }

  /** Takes a target and all its series away. */
  forget(id: string): void {
    const target = this.targets.get(id);
    this.targets.delete(id);
    for (const { labels } of target ? [...target.series.values(), ...target.active] : []) {
      this.remove(labels);
    }
  }

  /** Drops what is older than the bound, and series of which nothing is left. To be called once a tick. */
  trim(): void {
    const oldest = this.newest - this.bounds.age;
    for (const byLabels of this.metrics.values()) {
      for (const one of byLabels.values()) {
        one.dropUntil(oldest);
        if (one.length === 0 || (one.isGone && one.length === 1)) {
          this.remove(one.labels);
        }
      }
    }
    for (const { series } of this.targets.values()) {
      for (const [key, one] of series) {
        if (this.find(one.labels) !== one) {
          series.delete(key);
        }
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

  /** How many series and samples there are. */
  size(): { series: number; samples: number } {
    const all = this.select([]);
    return { series: all.length, samples: all.reduce((sum, { length }) => sum + length, 0) };
  }

  /** A sample of a series, which carries the target's labels besides its own. */
  private add(target: Target, one: LiveSeries, time: number): BufferedSeries {
    let series = target.series.get(one);
    if (!series || this.find(series.labels) !== series) {
      series = this.at(identified(one.labels, target.identity));
      target.series.set(one, series);
    }
    series.append(time, one.value);
    return series;
  }

  private end(target: Target, time: number): void {
    for (const one of target.active) {
      one.append(time, NaN, true);
    }
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

/** A label that the target has, too, is renamed as Prometheus does. */
function identified(own: Labels, identity: Labels): Labels {
  return identity.entries().reduce((labels, [name, value]) => {
    const sent = own.get(name);
    return (sent === '' ? labels : labels.set(`exported_${name}`, sent)).set(name, value);
  }, own);
}
