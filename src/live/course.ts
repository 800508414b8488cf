import { type QueryResultMetaNotice } from '@grafana/data';
import { concatMap, defer, type Observable, share, startWith } from 'rxjs';
import { evaluateExpr, type Result } from '../promql';
import { type Feed, gapOf, type Tick, type Watcher } from './feed';
import { type FrameResult } from './frames/result';
import { standing } from './standing';
import { Thinned } from './thinned';
import { type Plan } from './plan';
import { Points } from './points';
import { type Reasons, RouteError, type Routes } from './routes';

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
const reasonsEvery = 30_000;

/**
 * The course of one query: filled from the history up to now, then a point a tick. It goes on where it was when those who
 * look at it come back.
 */
export class Course implements Watcher {
  private readonly points: Points[];
  private results: FrameResult[] = [];
  private error?: string;
  private isLive = false;
  private switchedAt = -Infinity;
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
    const { step, interval } = plan;
    this.points = plan.at(undefined).map(() => new Points(step, interval / 2));
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
    this.plan.check(tick.targets);
    const asked = this.ask();
    const { time } = tick;
    if (time !== undefined && time > this.time) {
      await this.advance(tick, time);
    }
    if (!this.last) {
      await asked; // nothing is shown as missing without a word why
    }
    const { plan, results, error, noHistory, reasons } = this;
    const isInSight = !plan.query.instant && this.switchedAt >= this.time - plan.asked.range;
    const switchedAt = isInSight ? this.switchedAt : undefined;
    this.last = {
      results,
      switchedAt,
      ...standing({ plan, tick, results, error, switchedAt, noHistory, reasons }),
    };
    return this.last;
  }

  /** Brings the figures up to a time. */
  private async advance(tick: Tick, time: number): Promise<void> {
    const { plan, feed } = this;
    const ids = this.ids(tick);
    if (time - this.time > gapOf(plan.interval)) {
      const begin = Math.max(this.time, time - plan.asked.range);
      await this.fill(tick, ids, begin, time);
      this.evaluateRange(begin, time);
    }
    plan.watch(time - (feed.runs.first(ids) ?? time) + 1);
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

  private ids({ targets }: Tick): string[] {
    return targets.filter((one) => this.plan.isNeeded(one)).map(({ id }) => id);
  }

  /** Puts samples of the history where there are no live ones. Without a history, live has to do. */
  private async fill({ targets, live }: Tick, ids: string[], begin: number, end: number): Promise<void> {
    const { plan, feed, routes } = this;
    try {
      const saved = await routes.samples(ids, plan.metrics, begin - plan.reach(), end);
      ids.forEach((id, i) => {
        const { labels } = live.get(id) ?? targets.find((one) => one.id === id)!;
        feed.buffer.fill(id, labels, saved.targets[i] ?? [], gapOf(plan.interval));
      });
      this.noHistory = undefined;
    } catch (error) {
      if (error instanceof RouteError && error.status === 403) {
        throw error;
      }
      this.noHistory = error instanceof Error ? error.message : String(error);
    }
  }

  /** Once the live scrapes of all targets cover the short window, rates look back no further; until those of none do. */
  private switch(ids: string[], time: number): void {
    const { liveWindow, interval, hasRates } = this.plan;
    const covered = ids.filter((id) => this.feed.runs.covers(id, time, liveWindow, interval));
    const scraped = ids.filter((id) => this.feed.runs.last(id) > time - liveWindow);
    const isLive = hasRates && covered.length > 0 && (this.isLive || covered.length === scraped.length);
    if (isLive && !this.isLive) {
      this.switchedAt = time;
    }
    this.isLive = isLive;
  }

  private evaluate(time: number): void {
    const { plan, feed } = this;
    const asked = { start: time - plan.asked.range, end: time };
    const isThin = plan.hasRates && !this.isLive;
    const source = isThin ? new Thinned(feed.buffer, plan.scrapeInterval) : feed.buffer;
    this.guard(() => {
      this.results = plan.at(this.isLive ? plan.liveWindow : undefined).map(({ signal, text, expr, window }, i) => {
        const result = evaluateExpr(expr, text, source, { start: time, asked });
        const shown = plan.query.instant ? result : this.extend(this.points[i]!, time, result);
        return { signal, expr: text, window, type: shown.type, series: shown.series };
      });
    });
  }

  /** Of the moments up to a time, not including it; only where a range is shown. */
  private evaluateRange(begin: number, end: number): void {
    const { plan, feed } = this;
    const first = Math.ceil(begin / plan.step) * plan.step;
    const start = first > this.time ? first : first + plan.step;
    if (plan.query.instant || start >= end) {
      return;
    }
    const count = Math.ceil((end - start) / plan.step);
    const times = Array.from({ length: count }, (_, i) => start + i * plan.step);
    const asked = { start: end - plan.asked.range, end };
    const source = new Thinned(feed.buffer, plan.scrapeInterval);
    this.guard(() => {
      plan.at(undefined).forEach(({ text, expr }, i) => {
        const options = { start, end: times.at(-1)!, step: plan.step, asked };
        this.points[i]!.add(times, evaluateExpr(expr, text, source, options));
      });
    });
  }

  private extend(points: Points, time: number, result: Result): Pick<FrameResult, 'type' | 'series'> {
    points.add([time], result);
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
    if (performance.now() - this.askedAt < reasonsEvery) {
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
