import { IDENTITY, targetLabels } from '../expression';
import { t } from '../i18n';
import {
  type Expr,
  exceededBound,
  compileRegex,
  lookbackOf,
  type Matcher,
  matcher,
  parse,
  selectorsOf,
  withConditions,
} from '../promql';
import { type CompleteQuery } from '../query';
import { DEFAULTS, expressionBounds, type FalcoSettings, liveInterval } from '../settings';
import { catalogue } from '../signals';
import { compile } from '../signals/compile';
import { type Signal } from '../signals/types';
import { parseDuration, printDuration } from '../signals/window';
import { type Target } from './BackendClient';
import { backendStep, expandMacros, type PanelRequest } from './macros';
import { liveWindow, maxTargets, maxWatchMs } from './ScrapePoller';
import { mayMatchTarget, passesFilters } from './targetMatching';

/** One expression of a query, ready to be evaluated. */
export interface CompiledExpression {
  signal?: Signal;
  text: string;
  expr: Expr;
  /** The value of `$window`, in milliseconds. */
  window?: number;
}

/** The query cannot be live, for the reason in the message. The backend can answer it. */
export class NotLive extends Error {}

const rateMacro = /^(?:|\$__rate_interval|\$\{__rate_interval\})$/;

/** What a query needs of live samples: targets, metrics and lookback, and the PromQL to evaluate at each moment. */
export class CompiledQuery {
  /** Milliseconds between points. */
  readonly step: number;
  /** Milliseconds between live scrapes. */
  readonly intervalMs: number;
  /** Milliseconds between the backend's scrapes. */
  readonly scrapeIntervalMs: number;
  /** Metrics that it reads; undefined when a selector does not name its metric. */
  readonly metrics: string[] | undefined;
  /** Equal for queries with the same results. */
  readonly key: string;
  /** How long the page has watched, in milliseconds. */
  private watchedMs = 1;
  /** Length of the history in milliseconds; undefined when it is longer than the lookback. */
  private historyMs?: number;
  /** Lookback in milliseconds when the history is long enough. */
  private fullLookback: number;
  private readonly namedMetrics: ReadonlySet<string>;
  /** Matchers on the metric name, of the selectors that do not name their metric. */
  private readonly nameMatchers: Matcher[][];
  private readonly targetLabels: string[];
  private readonly filters: Matcher[];
  private readonly signals: Signal[];
  /** Compiled expressions by window. */
  private readonly byWindow = new Map<number | undefined, CompiledExpression[]>();

  /** Throws when live mode does not know the query. The message is empty when the backend explains the error better. */
  constructor(
    readonly query: CompleteQuery,
    readonly request: PanelRequest,
    private readonly settings: FalcoSettings
  ) {
    this.intervalMs = liveInterval(settings);
    this.scrapeIntervalMs = parseDuration(settings.scrapeInterval || DEFAULTS.scrapeInterval) ?? NaN;
    this.step = this.intervalMs * Math.max(1, Math.ceil(request.range / request.maxDataPoints / this.intervalMs));
    this.targetLabels = [...IDENTITY, ...targetLabels(settings)];
    const filterText = query.filters.map(({ key, operator, value }) => key + operator + value).join('');
    if (new TextEncoder().encode(filterText).length > expressionBounds(settings).sizeBytes) {
      throw new NotLive(
        t('live.obstacle-filters', 'its filters are longer than limits.expressionSizeLimit; choose fewer values')
      );
    }
    this.filters = query.filters.map(({ key, operator, value }) => matcher(key, operator, value));
    const ids = query.queryType === 'signal' ? [...new Set(query.signals)] : [];
    this.signals = ids.map((id) => {
      const found = catalogue.signals.find((signal) => signal.id === id);
      if (!found) {
        throw new NotLive();
      }
      return found;
    });
    if (this.signals.some(({ needs }) => needs.some((need) => need.from === 'alert receiver'))) {
      throw new NotLive(t('live.obstacle-alerts', 'the backend records received alerts once per scrape interval'));
    }
    if (query.queryType === 'promql' && query.filters.some(({ key }) => !this.targetLabels.includes(key))) {
      throw new NotLive();
    }
    if (exceededBound(query.expr ?? '', expressionBounds(settings)) !== undefined) {
      throw new NotLive(); // the backend refuses it with the same words
    }
    const names = this.selectors().map(({ matchers }) => matchers.filter(({ label }) => label === '__name__'));
    const isExact = (matchers: Matcher[]) => matchers.length === 1 && matchers[0]!.operator === '=';
    this.namedMetrics = new Set(names.filter(isExact).map(([name]) => name!.value));
    this.nameMatchers = names.filter((matchers) => !isExact(matchers));
    this.metrics = this.nameMatchers.length > 0 ? undefined : [...this.namedMetrics];
    this.fullLookback = this.lookback(); // throws when the lookback depends on the time of evaluation
    const { queryType, signals, groupBy, filters, window, expr, instant } = query;
    this.key = JSON.stringify([queryType, signals, groupBy, filters, window, expr, instant, request, this.step]);
  }

  /** Whether the state of a target belongs into the query's notices. */
  reportsOnTarget(target: Target): boolean {
    if (this.query.queryType === 'promql') {
      return this.readsTarget(target);
    }
    return (
      this.signals.some((signal) => signal.targetKind === target.kind) &&
      passesFilters(target, this.filters, this.targetLabels)
    );
  }

  /** Whether a target may have series that the query reads. */
  readsTarget(target: Target): boolean {
    return (
      this.selectors().some((selector) => mayMatchTarget(selector, target, this.targetLabels)) &&
      (target.kind !== 'falco' ||
        this.query.queryType === 'promql' ||
        passesFilters(target, this.filters, this.targetLabels))
    );
  }

  readsMetric(metric: string): boolean {
    return (
      this.namedMetrics.has(metric) ||
      this.nameMatchers.some((matchers) => matchers.every(({ matches }) => matches(metric)))
    );
  }

  /** Throws when the query reads more targets than live mode polls. */
  checkTargetCount(targets: readonly Target[]): void {
    const count = targets.filter((target) => this.readsTarget(target)).length;
    if (count > maxTargets) {
      throw new NotLive(
        t(
          'live.obstacle-targets',
          'a live query reads at most {{limit}} targets, and this one reads {{number}}; filter by node',
          { limit: maxTargets, number: count }
        )
      );
    }
  }

  /** How far back it reads samples, in milliseconds. */
  lookback(): number {
    return Math.max(this.lookbackWith(undefined), this.lookbackWith(this.liveWindow));
  }

  /** How far back its range selectors read, in milliseconds, with the live window or with that of the backend. */
  rangeLookback(isLive: boolean): number {
    return this.lookbackWith(isLive ? this.liveWindow : undefined, 0);
  }

  private lookbackWith(window: number | undefined, instantLookback?: number): number {
    return Math.max(
      ...this.expressions(window).map(({ text, expr }) => lookbackOf(expr, text, this.request.range, instantLookback))
    );
  }

  /** The window of rates once live samples cover it, in milliseconds. */
  get liveWindow(): number {
    return liveWindow(this.intervalMs);
  }

  /** Whether the query uses `$__live` and the page has just started to watch. */
  get hasJustStarted(): boolean {
    return this.usesWatchTime && this.watchedMs < this.intervalMs / 2;
  }

  private get usesWatchTime(): boolean {
    return `${this.query.window} ${this.query.expr}`.includes('__live');
  }

  /** Sets how long the page has watched, in milliseconds; above 0. */
  setWatched(milliseconds: number): void {
    if (this.usesWatchTime) {
      this.watchedMs = Math.min(milliseconds, maxWatchMs);
      this.historyMs = undefined;
      this.byWindow.clear();
      this.fullLookback = this.lookback();
    }
  }

  /** Sets the length of the history in milliseconds. Windows are cut to it: rates over longer ones would be too low. */
  setHistoryLength(milliseconds: number): void {
    // A window includes its end, but not its start.
    const unit = Math.min(this.intervalMs, 1000);
    const history = Math.floor(milliseconds / unit) * unit + unit;
    const effective = history < this.fullLookback ? history : undefined;
    if (effective !== this.historyMs) {
      this.historyMs = effective;
      this.byWindow.clear();
    }
  }

  /**
   * The expressions with this window for rates, or with that of the backend. A window that the query sets takes precedence.
   */
  expressions(window?: number): CompiledExpression[] {
    const compiled = this.byWindow.get(window) ?? this.compile(window);
    this.byWindow.set(window, compiled);
    return compiled;
  }

  /** Whether the live window changes any expression. */
  get hasRates(): boolean {
    const texts = (window?: number) => this.expressions(window).map(({ text }) => text);
    return String(texts()) !== String(texts(this.liveWindow));
  }

  private selectors() {
    return this.expressions().flatMap(({ expr }) => selectorsOf(expr));
  }

  private compile(window: number | undefined): CompiledExpression[] {
    const { query } = this;
    if (query.queryType === 'promql') {
      const conditions = query.filters.map(({ key, operator, value }) => ({ label: key, operator, value }));
      const text = withConditions(expandMacros(query.expr ?? '', { ...this.options(), window }), conditions);
      return [{ text, expr: parse(text) }];
    }
    const queryWindow =
      window !== undefined && rateMacro.test(query.window ?? '') ? printDuration(window) : query.window;
    const { groupBy, filters } = query;
    return this.signals.map((signal) => {
      const use = { groupBy, filters, window: queryWindow };
      const { expr: text, window: used } = compile(catalogue, signal, use, this.options());
      return { signal, text, expr: parse(text), window: used };
    });
  }

  private options() {
    const { request, settings, scrapeIntervalMs: scrapeInterval, watchedMs: live, historyMs: history } = this;
    const step = backendStep(request, scrapeInterval);
    const labels = { identity: IDENTITY, targetLabels: targetLabels(settings) };
    return { ...labels, step, scrapeInterval, range: request.range, live, history, compileRegex };
  }
}
