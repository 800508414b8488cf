import { IDENTITY, targetLabels } from '../expression';
import { type Expr, type Matcher, matcher, parse, reachOf, selectorsOf, withConditions } from '../promql';
import { type CompleteQuery } from '../query';
import { DEFAULTS, type FalcoSettings, liveInterval } from '../settings';
import { catalogue } from '../signals';
import { compile } from '../signals/compile';
import { type Signal } from '../signals/types';
import { parseDuration, printDuration } from '../signals/window';
import { longestWatch, mostTargets, windowOf } from './feed';
import { type Asked, backendStep, expandMacros } from './macros';
import { type Target } from './routes';
import { kindOf, mayMeet, passes } from './targets';

/** One expression of a query, ready to be evaluated. */
export interface Planned {
  signal?: Signal;
  text: string;
  expr: Expr;
  /** What `$window` stands for, milliseconds. */
  window?: number;
}

/** A query that can only be answered by the backend, and why. */
export class NotLive extends Error {}

const rateMacro = /^(?:|\$__rate_interval|\$\{__rate_interval\})$/;

/** What a query asks of live samples: which targets and metrics, how far back, and the PromQL of each moment. */
export class Plan {
  /** Milliseconds between points. */
  readonly step: number;
  /** Milliseconds between live scrapes. */
  readonly interval: number;
  /** Milliseconds between the backend's scrapes. */
  readonly scrapeInterval: number;
  /** Metrics that it reads; nothing where it does not name them all. */
  readonly metrics: string[] | undefined;
  /** Tells plans apart that give different points. */
  readonly key: string;
  /** How long it has been watched, milliseconds. */
  private watched = 1;
  /** How much there is of the history, milliseconds, where that matters. */
  private history?: number;
  /** How far back it looks where there is a history, milliseconds. */
  private longest: number;
  private readonly named: ReadonlySet<string>;
  /** What names have to match, of the selectors that do not name their metric. */
  private readonly described: Matcher[][];
  private readonly own: string[];
  private readonly filters: Matcher[];
  private readonly signals: Signal[];
  /** Its expressions by window. */
  private readonly planned = new Map<number | undefined, Planned[]>();

  /** Throws where the query is none that live knows; the backend says best what is wrong with it. */
  constructor(
    readonly query: CompleteQuery,
    readonly asked: Asked,
    private readonly settings: FalcoSettings
  ) {
    this.interval = liveInterval(settings);
    this.scrapeInterval = parseDuration(settings.scrapeInterval || DEFAULTS.scrapeInterval) ?? NaN;
    this.step = this.interval * Math.max(1, Math.ceil(asked.range / asked.maxDataPoints / this.interval));
    this.own = [...IDENTITY, ...targetLabels(settings)];
    this.filters = query.filters.map(({ key, operator, value }) => matcher(key, operator, value));
    const ids = query.kind === 'signal' ? [...new Set(query.signals)] : [];
    this.signals = ids.map((id) => {
      const found = catalogue.signals.find((signal) => signal.id === id);
      if (!found) {
        throw new NotLive();
      }
      return found;
    });
    if (query.kind === 'promql' && query.filters.some(({ key }) => !this.own.includes(key))) {
      throw new NotLive();
    }
    const names = this.selectors().map(({ matchers }) => matchers.filter(({ label }) => label === '__name__'));
    const isExact = (some: Matcher[]) => some.length === 1 && some[0]!.operator === '=';
    this.named = new Set(names.filter(isExact).map(([name]) => name!.value));
    this.described = names.filter((some) => !isExact(some));
    this.metrics = this.described.length > 0 ? undefined : [...this.named];
    this.longest = this.reach(); // refuses what depends on when it is asked
    const { kind, signals, by, filters, window, expr, instant } = query;
    this.key = JSON.stringify([kind, signals, by, filters, window, expr, instant, asked, this.step]);
  }

  /** Targets whose state matters to who looks at it. */
  isAbout(target: Target): boolean {
    if (this.query.kind === 'promql') {
      return this.isNeeded(target);
    }
    return this.signals.some((signal) => kindOf(signal) === target.kind) && passes(target, this.filters, this.own);
  }

  /** Targets that have series for it. */
  isNeeded(target: Target): boolean {
    return (
      this.selectors().some((selector) => mayMeet(selector, target, this.own)) &&
      (target.kind !== 'falco' || this.query.kind === 'promql' || passes(target, this.filters, this.own))
    );
  }

  reads(metric: string): boolean {
    return (
      this.named.has(metric) || this.described.some((matchers) => matchers.every(({ matches }) => matches(metric)))
    );
  }

  /** Throws where live cannot watch what is needed. */
  check(targets: readonly Target[]): void {
    const count = targets.filter((target) => this.isNeeded(target)).length;
    if (count > mostTargets) {
      throw new NotLive(
        `it watches ${mostTargets} targets at most, and this query is about ${count}; choose fewer nodes`
      );
    }
  }

  /** How old samples may be that it looks at, milliseconds. */
  reach(): number {
    return Math.max(this.back(undefined), this.back(this.liveWindow));
  }

  /** How far it looks back for more than the newest sample, milliseconds, before live samples suffice and from then on. */
  windowOf(isLive: boolean): number {
    return this.back(isLive ? this.liveWindow : undefined, 0);
  }

  private back(window: number | undefined, lookback?: number): number {
    return Math.max(...this.at(window).map(({ text, expr }) => reachOf(expr, text, this.asked.range, lookback)));
  }

  /** How far rates look back once live samples suffice, milliseconds. */
  get liveWindow(): number {
    return windowOf(this.interval);
  }

  /** Whether it looks back to when watching began, and that is now. */
  get hasJustBegun(): boolean {
    return this.isSinceWatched && this.watched < this.interval / 2;
  }

  private get isSinceWatched(): boolean {
    return `${this.query.window} ${this.query.expr}`.includes('__live');
  }

  /** Says how long it has been watched, above 0. */
  watch(milliseconds: number): void {
    if (this.isSinceWatched) {
      this.watched = Math.min(milliseconds, longestWatch);
      this.history = undefined;
      this.planned.clear();
      this.longest = this.reach();
    }
  }

  /** Says how much there is of the history up to now: rates look back no further, as they would be too low. */
  know(milliseconds: number): void {
    // A window ends with the instant, and does not hold its first moment.
    const unit = Math.min(this.interval, 1000);
    const history = Math.floor(milliseconds / unit) * unit + unit;
    const known = history < this.longest ? history : undefined;
    if (known !== this.history) {
      this.history = known;
      this.planned.clear();
    }
  }

  /** The expressions with a window for rates; without one, it is that of the backend. A window that the query names holds. */
  at(window: number | undefined): Planned[] {
    const planned = this.planned.get(window) ?? this.expressions(window);
    this.planned.set(window, planned);
    return planned;
  }

  /** Whether the two windows make a difference. */
  get hasRates(): boolean {
    const texts = (window?: number) => this.at(window).map(({ text }) => text);
    return String(texts()) !== String(texts(this.liveWindow));
  }

  private selectors() {
    return this.at(undefined).flatMap(({ expr }) => selectorsOf(expr));
  }

  private expressions(window: number | undefined): Planned[] {
    const { query } = this;
    if (query.kind === 'promql') {
      const conditions = query.filters.map(({ key, operator, value }) => ({ label: key, operator, value }));
      const text = withConditions(expandMacros(query.expr ?? '', { ...this.options(), window }), conditions);
      return [{ text, expr: parse(text) }];
    }
    const named = window !== undefined && rateMacro.test(query.window ?? '') ? printDuration(window) : query.window;
    const { by, filters } = query;
    return this.signals.map((signal) => {
      const use = { by, filters, window: named };
      const { expr: text, window: used } = compile(catalogue, signal, use, this.options());
      return { signal, text, expr: parse(text), window: used };
    });
  }

  private options() {
    const { asked, settings, scrapeInterval, watched, history } = this;
    const step = backendStep(asked, scrapeInterval);
    const labels = { identity: IDENTITY, targetLabels: targetLabels(settings) };
    return { ...labels, step, scrapeInterval, range: asked.range, live: watched, history };
  }
}
