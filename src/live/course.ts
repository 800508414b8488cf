import { type QueryResultMetaNotice } from '@grafana/data';
import { concatMap, defer, from, lastValueFrom, type Observable, race, share, startWith, timer } from 'rxjs';
import { evaluateExpr, type Result } from '../promql';
import { type SampleBuffer, type SavedSeries } from './buffer';
import { type Feed, gapOf, type Tick, type Watcher } from './feed';
import { type FrameResult } from './frames/result';
import { standing } from './standing';
import { type Plan } from './plan';
import { Points } from './points';
import { type Reasons, RouteError, type Routes } from './routes';
import { Runs } from './runs';

/** What a query shows at a moment. */
export interface Snapshot {
  results: FrameResult[];
  notices: QueryResultMetaNotice[];
  /** Why there is nothing to show. */
  error?: string;
  /** When rates began to look back on live scrapes only, milliseconds, where that shows. */
  switchedAt?: number;
}

/** How often the backend is asked why figures are missing, milliseconds. */
const reasonsEvery = { usual: 30_000, passing: 2000 };
/** How long figures wait for what is looked up besides, milliseconds; they go on without it. */
const patience = 3000;
/** Live samples lie beside those of the history. */
const isUneven = true;

/**
 * The course of one query: filled from the history up to now, then a point a tick. It goes on where it was when those who
 * look at it come back.
 */
export class Course implements Watcher {
  readonly runs: Runs;
  private points: Points[] = [];
  /** Where its figures come from. */
  private buffer?: SampleBuffer;
  /** Targets whose history has been asked for, and since when they have answered, milliseconds; -Infinity where that is not known. */
  private known = new Map<string, number>();
  /** When rates of targets last read low. */
  private readonly lowAt = new Map<string, number>();
  /** How many answers of the history are under way. */
  private filling = 0;
  /** Why it may not go on. */
  private refusal?: RouteError;
  private results: FrameResult[] = [];
  private error?: string;
  private isLive = false;
  private switchedAt?: number;
  private noHistory?: string;
  private reasons: Reasons = { missing: [], besides: [] };
  private askedAt = -Infinity;
  private last?: Snapshot;
  /** Of the newest figures. */
  private time = -Infinity;

  private readonly snapshots = defer(() => this.feed.watch(this)).pipe(
    concatMap((tick) => this.step(tick)),
    share()
  );

  constructor(
    readonly plan: Plan,
    private readonly feed: Feed,
    private readonly routes: Routes
  ) {
    this.runs = new Runs(gapOf(plan.interval));
  }

  /** What there is to show, at each tick. Fails where live is not to be had. */
  observe(): Observable<Snapshot> {
    return defer(() => (this.last ? this.snapshots.pipe(startWith(this.last)) : this.snapshots));
  }

  wantsTarget: Watcher['wantsTarget'] = (target) => this.plan.isNeeded(target) || this.plan.isAbout(target);

  wantsMetric: Watcher['wantsMetric'] = (metric) => this.plan.reads(metric);

  reach(): number {
    return this.plan.reach();
  }

  private async step(tick: Tick): Promise<Snapshot> {
    const { plan, feed } = this;
    if (this.refusal) {
      throw this.refusal;
    }
    if (tick.trouble === undefined) {
      plan.check(tick.targets);
    }
    if (this.buffer !== feed.buffer) {
      this.restart();
    }
    const time = tick.buffer === feed.buffer ? tick.time : undefined;
    if (time !== undefined) {
      plan.watch(time - feed.since + 1);
    }
    const asked = this.ask();
    if (time !== undefined && time > this.time) {
      await this.advance(tick, time);
    }
    if (!this.last) {
      await atMost(patience, asked); // nothing is shown as missing without a word why
    }
    const { results, error, noHistory, reasons } = this;
    const isFilling = this.filling > 0;
    const switchedAt = !plan.query.instant && this.isInSight(this.switchedAt) ? this.switchedAt : undefined;
    const young = this.young();
    this.last = {
      results,
      switchedAt,
      ...standing({ plan, tick, results, error, switchedAt, young, isFilling, noHistory, reasons }),
    };
    return this.last;
  }

  /** Targets of which rates are in sight that read low, as there are no samples from as far back as they look. */
  private young(): string[] {
    const { plan, time } = this;
    const window = plan.windowOf(this.isLive);
    for (const [id, since] of this.known) {
      if (since <= time && time - since + plan.interval < window) {
        this.lowAt.set(id, time);
      }
    }
    return [...this.lowAt].flatMap(([id, at]) => (this.isInSight(at) ? [id] : []));
  }

  /** Whether what is shown goes back to a time. */
  private isInSight(time = -Infinity): boolean {
    const { query, asked } = this.plan;
    return Number.isFinite(time) && time >= this.time - (query.instant ? 0 : asked.range);
  }

  /** Begins anew, with samples that have nothing to do with those before. */
  private restart(): void {
    const { plan, feed } = this;
    this.buffer = feed.buffer;
    this.points = plan.at(undefined).map(() => new Points(plan.step, plan.interval / 2));
    this.known.clear();
    this.lowAt.clear();
    this.time = -Infinity;
    this.switchedAt = undefined;
  }

  /** Brings the figures up to a time. */
  private async advance(tick: Tick, time: number): Promise<void> {
    const { plan, feed } = this;
    const ids = this.ids(tick);
    const isGap = time - this.time > gapOf(plan.interval);
    const joined = isGap ? ids : ids.filter((id) => !this.known.has(id));
    this.known = new Map(ids.map((id) => [id, this.since(id, tick)]));
    if (joined.length > 0) {
      const begin = isGap ? Math.max(this.time + 1, time - plan.asked.range) : time;
      await atMost(patience, this.fill(tick, joined, begin, time));
    }
    plan.know(
      time -
        Math.min(
          time,
          feed.buffer.since((metric) => plan.reads(metric))
        )
    );
    this.switch(ids, time);
    this.evaluate(time);
    this.time = time;
  }

  private since(id: string, { live, time = NaN }: Tick): number {
    const since = this.known.get(id) ?? -Infinity;
    return live.get(id)?.state === 'up' ? Math.min(since, time) : since;
  }

  private ids({ targets }: Tick): string[] {
    return targets.filter((one) => this.plan.isNeeded(one)).map(({ id }) => id);
  }

  /**
   * Puts samples of the history where there are no live ones, and points of the moments from `begin` up to, not including,
   * `end`. Without a history, live has to do.
   */
  private async fill({ targets, live }: Tick, ids: string[], begin: number, end: number): Promise<void> {
    const { plan, feed, routes, buffer } = this;
    this.filling++;
    try {
      const metrics = plan.metrics && [...new Set([...plan.metrics, 'up'])];
      // With the sample before: that is where a rise goes on from.
      const earliest = begin - plan.reach() - plan.scrapeInterval;
      const saved = await routes.samples(ids, metrics, earliest, end);
      if (buffer !== feed.buffer) {
        return;
      }
      ids.forEach((id, i) => {
        const { labels } = live.get(id) ?? targets.find((one) => one.id === id)!;
        const series = saved.targets[i] ?? [];
        feed.buffer.fill(id, labels, series, gapOf(plan.interval));
        this.known.set(id, Math.min(...series.map(upSince)));
      });
      this.noHistory = undefined;
    } catch (error) {
      if (error instanceof RouteError && error.status === 403) {
        this.refusal = error;
      }
      this.noHistory = error instanceof Error ? error.message : String(error);
    } finally {
      this.filling--;
    }
    this.evaluateRange(begin, end);
  }

  /** Once the live scrapes of all targets cover the short window, rates look back no further; until those of none do. */
  private switch(ids: string[], time: number): void {
    const { liveWindow, interval, hasRates } = this.plan;
    const covered = ids.filter((id) => this.runs.covers(id, time, liveWindow, interval));
    const scraped = ids.filter((id) => this.runs.last(id) > time - liveWindow);
    const isLive = hasRates && covered.length > 0 && (this.isLive || covered.length === scraped.length);
    if (isLive && !this.isLive) {
      this.switchedAt = time;
    }
    this.isLive = isLive;
  }

  private evaluate(time: number): void {
    const { plan, feed } = this;
    const asked = { start: time - plan.asked.range, end: time };
    this.guard(() => {
      this.results = plan.at(this.isLive ? plan.liveWindow : undefined).map(({ signal, text, expr, window }, i) => {
        const result = evaluateExpr(expr, text, feed.buffer, { start: time, asked, isUneven });
        const shown = plan.query.instant ? result : this.extend(this.points[i]!, time, result);
        return { signal, expr: text, window, type: shown.type, series: shown.series };
      });
    });
  }

  /** Only where a range is shown. */
  private evaluateRange(begin: number, end: number): void {
    const { plan, feed } = this;
    const start = Math.ceil(begin / plan.step) * plan.step;
    if (plan.query.instant || start >= end) {
      return;
    }
    const count = Math.ceil((end - start) / plan.step);
    const times = Array.from({ length: count }, (_, i) => start + i * plan.step);
    const asked = { start: end - plan.asked.range, end };
    plan.know(Infinity);
    this.guard(() => {
      plan.at(undefined).forEach(({ text, expr }, i) => {
        const options = { start, end: times.at(-1)!, step: plan.step, asked, isUneven };
        this.points[i]!.insert(times, evaluateExpr(expr, text, feed.buffer, options));
      });
    });
  }

  private extend(points: Points, time: number, result: Result): Pick<FrameResult, 'type' | 'series'> {
    points.add(time, result);
    points.trim(time - this.plan.asked.range, this.plan.asked.maxDataPoints);
    return points.result();
  }

  /** What the samples at hand do not allow is said, and tried again with the next. */
  private guard(work: () => void): void {
    try {
      work();
      this.error = undefined;
    } catch (error) {
      this.error = `the expression cannot be evaluated: ${error instanceof Error ? error.message : String(error)}`;
      this.results = [];
    }
  }

  /** Why figures are missing the backend knows, from its history; asked besides, now and then. */
  private async ask(): Promise<void> {
    if (performance.now() - this.askedAt < (this.reasons.passing ? reasonsEvery.passing : reasonsEvery.usual)) {
      return;
    }
    this.askedAt = performance.now();
    const { query, asked } = this.plan;
    const { kind, signals, by, filters, version } = query; // its window is no matter, its expression neither
    const windows = this.plan.at(undefined).map(({ window = 0 }) => window);
    const range = query.instant ? Math.max(...windows) : asked.range;
    try {
      this.reasons = await this.routes.reasons({ kind, signals, by, filters, version }, range);
    } catch {
      // The figures are shown all the same.
    }
  }
}

/** Waits for something, but only so many milliseconds. */
function atMost(milliseconds: number, something: Promise<void>): Promise<unknown> {
  return lastValueFrom(race(from(something), timer(milliseconds)));
}

/** When a target first answered, as a series of it has it. */
function upSince({ labels, times, values }: SavedSeries): number {
  const first = labels['__name__'] === 'up' ? Array.from(values).indexOf(1) : -1;
  return times[first] ?? Infinity;
}
