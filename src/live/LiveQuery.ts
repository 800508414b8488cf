import { type QueryResultMetaNotice } from '@grafana/data';
import { concatMap, defer, from, lastValueFrom, type Observable, race, share, startWith, timer } from 'rxjs';
import { t } from '../i18n';
import { evaluateExpr, type Result } from '../promql';
import { type Hint } from '../promqlEdits';
import { BackendError, type BackendClient, type Reasons } from './BackendClient';
import { type CompiledQuery, NotLive } from './CompiledQuery';
import { type FrameResult } from './frames/result';
import { noticesFor } from './notices';
import { Points } from './Points';
import { type HistorySeries, type SampleBuffer } from './SampleBuffer';
import { ScrapeCoverage } from './ScrapeCoverage';
import { maxPageTargets, type ScrapePoller, scrapeGap, type Subscriber, type Tick } from './ScrapePoller';

/** What a query shows at one moment. */
export interface Snapshot {
  results: FrameResult[];
  notices: QueryResultMetaNotice[];
  hints: Hint[];
  /** Why there is nothing to show. */
  error?: string;
  /** When rates switched to the shorter live window, in milliseconds, if that moment is visible. */
  switchedAt?: number;
}

/** How often the backend is asked why values are missing, in milliseconds: usually, and while the reason is transient. */
const reasonsIntervalMs = { usual: 30_000, transient: 2000 };
/** How long a snapshot waits for history and reasons, in milliseconds, before it goes on without them. */
const patienceMs = 3000;
/** Live samples are closer together than those of the history. */
const isUneven = true;

/**
 * One live query: filled from the history up to now, then extended by one point per tick. It keeps its points between
 * subscriptions.
 */
export class LiveQuery implements Subscriber {
  readonly coverage: ScrapeCoverage;
  private points: Points[] = [];
  /** The buffer that the points were evaluated from. */
  private buffer?: SampleBuffer;
  /**
   * Targets whose history has been requested, each with the time of its first successful scrape in milliseconds; -Infinity
   * when that is unknown.
   */
  private upSince = new Map<string, number>();
  /** The last time at which the history of a target was shorter than the window of a rate. */
  private readonly shortHistoryAt = new Map<string, number>();
  /** Prometheus's annotations on an expression that a user wrote, each with the time of its last occurrence. */
  private readonly annotatedAt = new Map<string, number>();
  /** Number of pending history requests. */
  private pendingFills = 0;
  /** Set when the backend refuses the history to this user. */
  private refusal?: BackendError;
  private results: FrameResult[] = [];
  private error?: string;
  private isLive = false;
  private switchedAt?: number;
  private historyError?: string;
  private reasons: Reasons = { missing: [], besides: [], hints: [] };
  private reasonsAt = -Infinity;
  private lastSnapshot?: Snapshot;
  /** Time of the newest results. */
  private time = -Infinity;

  private readonly snapshots = defer(() => this.poller.subscribe(this)).pipe(
    concatMap((tick) => this.step(tick)),
    share()
  );

  constructor(
    readonly compiled: CompiledQuery,
    private readonly poller: ScrapePoller,
    private readonly backend: BackendClient
  ) {
    this.coverage = new ScrapeCoverage(scrapeGap(compiled.intervalMs));
  }

  /** Emits a snapshot per tick. Fails when the query cannot be live. */
  observe(): Observable<Snapshot> {
    return defer(() => (this.lastSnapshot ? this.snapshots.pipe(startWith(this.lastSnapshot)) : this.snapshots));
  }

  needsTarget: Subscriber['needsTarget'] = (target) =>
    this.compiled.readsTarget(target) || this.compiled.reportsOnTarget(target);

  needsMetric: Subscriber['needsMetric'] = (metric) => this.compiled.readsMetric(metric);

  lookback(): number {
    return this.compiled.lookback();
  }

  private async step(tick: Tick): Promise<Snapshot> {
    const { compiled, poller } = this;
    if (this.refusal) {
      throw this.refusal;
    }
    if (tick.failure === undefined) {
      compiled.checkTargetCount(tick.targets);
      if (poller.isCrowdedOut(this)) {
        throw new NotLive(
          t(
            'live.obstacle-page',
            'the live queries of a page read at most {{limit}} targets together; filter by node, or show fewer panels',
            { limit: maxPageTargets }
          )
        );
      }
    }
    if (this.buffer !== poller.buffer) {
      this.restart();
    }
    const time = tick.buffer === poller.buffer ? tick.time : undefined;
    if (time !== undefined) {
      compiled.setWatched(time - poller.firstScrapeAt + 1);
    }
    const reasonsUpdated = this.updateReasons();
    if (time !== undefined && time > this.time) {
      await this.advance(tick, time);
    }
    if (!this.lastSnapshot) {
      await atMost(patienceMs, reasonsUpdated); // the first snapshot explains missing values
    }
    const { results, error, historyError, reasons } = this;
    const isFilling = this.pendingFills > 0;
    const switchedAt = !compiled.query.instant && this.isVisible(this.switchedAt) ? this.switchedAt : undefined;
    const shortHistory = this.targetsWithShortHistory();
    const annotations = [...this.annotatedAt].flatMap(([text, at]) => (this.isVisible(at) ? [text] : []));
    const state = {
      compiled,
      tick,
      results,
      error,
      annotations,
      switchedAt,
      shortHistory,
      isFilling,
      historyError,
      reasons,
    };
    this.lastSnapshot = { results, switchedAt, hints: reasons.hints, ...noticesFor(state) };
    return this.lastSnapshot;
  }

  /** Targets with visible rates whose window reaches back further than their samples. */
  private targetsWithShortHistory(): string[] {
    const { compiled, time } = this;
    const window = compiled.rangeLookback(this.isLive);
    for (const [id, since] of this.upSince) {
      if (since <= time && time - since + compiled.intervalMs < window) {
        this.shortHistoryAt.set(id, time);
      }
    }
    return [...this.shortHistoryAt].flatMap(([id, at]) => (this.isVisible(at) ? [id] : []));
  }

  /** Whether a time lies in the range shown. */
  private isVisible(time = -Infinity): boolean {
    const { query, request } = this.compiled;
    return Number.isFinite(time) && time >= this.time - (query.instant ? 0 : request.range);
  }

  /** Discards all points: the samples they came from are gone. */
  private restart(): void {
    const { compiled, poller } = this;
    this.buffer = poller.buffer;
    this.points = compiled.expressions().map(() => new Points(compiled.step, compiled.intervalMs / 2));
    this.upSince.clear();
    this.shortHistoryAt.clear();
    this.annotatedAt.clear();
    this.time = -Infinity;
    this.switchedAt = undefined;
  }

  /** Evaluates the query at a new time. */
  private async advance(tick: Tick, time: number): Promise<void> {
    const { compiled, poller } = this;
    const ids = this.targetIds(tick);
    const isGap = time - this.time > scrapeGap(compiled.intervalMs);
    const joined = isGap ? ids : ids.filter((id) => !this.upSince.has(id));
    this.upSince = new Map(ids.map((id) => [id, this.firstUp(id, tick)]));
    if (joined.length > 0) {
      const start = isGap ? Math.max(this.time + 1, time - compiled.request.range) : time;
      await atMost(patienceMs, this.fill(tick, joined, start, time));
    }
    const oldest = poller.buffer.oldestSample((metric) => compiled.readsMetric(metric));
    compiled.setHistoryLength(time - Math.min(time, oldest));
    this.switchWindow(ids, time);
    this.evaluate(time);
    this.time = time;
  }

  private firstUp(id: string, { statuses, time = NaN }: Tick): number {
    const since = this.upSince.get(id) ?? -Infinity;
    return statuses.get(id)?.state === 'up' ? Math.min(since, time) : since;
  }

  private targetIds({ targets }: Tick): string[] {
    return targets.filter((target) => this.compiled.readsTarget(target)).map(({ id }) => id);
  }

  /**
   * Inserts samples of the history where there are no live ones, and points from `start` up to, but excluding, `end`.
   * Without a history the query shows live samples only.
   */
  private async fill({ targets, statuses }: Tick, ids: string[], start: number, end: number): Promise<void> {
    const { compiled, poller, backend, buffer } = this;
    this.pendingFills++;
    try {
      const metrics = compiled.metrics && [...new Set([...compiled.metrics, 'up'])];
      // One scrape interval more: an increase continues from the sample before the window.
      const earliest = start - compiled.lookback() - compiled.scrapeIntervalMs;
      const history = await backend.samples(ids, metrics, earliest, end);
      if (buffer !== poller.buffer) {
        return;
      }
      ids.forEach((id, i) => {
        const { labels } = statuses.get(id) ?? targets.find((target) => target.id === id)!;
        const series = history.targets[i] ?? [];
        poller.buffer.fill(id, labels, series, scrapeGap(compiled.intervalMs));
        this.upSince.set(id, Math.min(...series.map(firstUpIn)));
      });
      this.historyError = undefined;
    } catch (error) {
      if (error instanceof BackendError && error.status === 403) {
        this.refusal = error;
      }
      this.historyError = error instanceof Error ? error.message : String(error);
    } finally {
      this.pendingFills--;
    }
    this.evaluateRange(start, end);
  }

  /**
   * Switches to the short window once the live scrapes of all scraped targets cover it, and back when those of none do.
   */
  private switchWindow(ids: string[], time: number): void {
    const { liveWindow, intervalMs, hasRates } = this.compiled;
    const covered = ids.filter((id) => this.coverage.covers(id, time, liveWindow, intervalMs));
    const scraped = ids.filter((id) => this.coverage.last(id) > time - liveWindow);
    const isLive = hasRates && covered.length > 0 && (this.isLive || covered.length === scraped.length);
    if (isLive && !this.isLive) {
      this.switchedAt = time;
    }
    this.isLive = isLive;
  }

  private evaluate(time: number): void {
    const { compiled, poller } = this;
    const queryRange = { start: time - compiled.request.range, end: time };
    this.guard(() => {
      const expressions = compiled.expressions(this.isLive ? compiled.liveWindow : undefined);
      this.results = expressions.map(({ signal, text, expr, window }, i) => {
        const result = evaluateExpr(expr, text, poller.buffer, { start: time, queryRange, isUneven });
        this.annotate(result, time);
        const shown = compiled.query.instant ? result : this.extend(this.points[i]!, time, result);
        return { signal, expr: text, window, type: shown.type, series: shown.series };
      });
    });
  }

  /** Evaluates the steps of a range. Instant queries have none. */
  private evaluateRange(begin: number, end: number): void {
    const { compiled, poller } = this;
    const start = Math.ceil(begin / compiled.step) * compiled.step;
    if (compiled.query.instant || start >= end) {
      return;
    }
    const count = Math.ceil((end - start) / compiled.step);
    const times = Array.from({ length: count }, (_, i) => start + i * compiled.step);
    const queryRange = { start: end - compiled.request.range, end };
    compiled.setHistoryLength(Infinity);
    this.guard(() => {
      compiled.expressions().forEach(({ text, expr }, i) => {
        const options = { start, end: times.at(-1)!, step: compiled.step, queryRange, isUneven };
        const result = evaluateExpr(expr, text, poller.buffer, options);
        this.annotate(result, options.end);
        this.points[i]!.insert(times, result);
      });
    });
  }

  /** Remembers annotations on an expression that a user wrote. The catalogue knows what it does. */
  private annotate({ annotations }: Result, time: number): void {
    if (this.compiled.query.queryType === 'promql') {
      annotations.forEach((text) => this.annotatedAt.set(text, time));
    }
  }

  private extend(points: Points, time: number, result: Result): Pick<FrameResult, 'type' | 'series'> {
    const { range, maxDataPoints } = this.compiled.request;
    points.add(time, result);
    points.trim(time - range, maxDataPoints);
    return points.result();
  }

  /** Turns an exception into the error of this tick. The next tick tries again. */
  private guard(evaluate: () => void): void {
    try {
      evaluate();
      this.error = undefined;
    } catch (error) {
      this.error = t('live.not-evaluated', 'Cannot evaluate the expression: {{error}}', {
        error: error instanceof Error ? error.message : String(error),
      });
      this.results = [];
    }
  }

  /** Asks the backend now and then why values are missing: it knows from the history. */
  private async updateReasons(): Promise<void> {
    const interval = this.reasons.passing ? reasonsIntervalMs.transient : reasonsIntervalMs.usual;
    if (performance.now() - this.reasonsAt < interval) {
      return;
    }
    this.reasonsAt = performance.now();
    const { query, request } = this.compiled;
    const { queryType, signals, groupBy, filters, expr, mapLabels, version } = query; // the reasons do not depend on the window
    const windows = this.compiled.expressions().map(({ window = 0 }) => window);
    const range = query.instant ? Math.max(...windows) : request.range;
    try {
      this.reasons = await this.backend.reasons(
        { queryType, signals, groupBy, filters, expr, mapLabels, version },
        range
      );
    } catch {
      // The values are shown without reasons.
    }
  }
}

/** Waits for a promise, but no longer than this many milliseconds. */
function atMost(milliseconds: number, promise: Promise<void>): Promise<unknown> {
  return lastValueFrom(race(from(promise), timer(milliseconds)));
}

/** The first successful scrape that a series shows, in milliseconds; Infinity for series other than `up`. */
function firstUpIn({ labels, times, values }: HistorySeries): number {
  const first = labels['__name__'] === 'up' ? Array.from(values).indexOf(1) : -1;
  return times[first] ?? Infinity;
}
