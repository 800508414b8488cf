import { IDENTITY, targetLabels } from '../expression';
import { type Expr, parse, reachOf, selectorsOf, withConditions } from '../promql';
import { liveInterval } from '../live-queries';
import { type CompleteQuery } from '../query';
import { DEFAULTS, type FalcoSettings } from '../settings';
import { catalogue } from '../signals';
import { compile } from '../signals/compile';
import { type Signal } from '../signals/types';
import { parseDuration, printDuration, rateInterval } from '../signals/window';
import { mostTargets, windowOf } from './feed';
import { type Target } from './routes';
import { kindOf, mayMeet, passes } from './targets';

/** What a panel asks besides its query; milliseconds. */
export interface Asked {
  range: number;
  interval: number;
  maxDataPoints: number;
}

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

/** How long a window since watching began may become, milliseconds. */
const longestWatch = 12 * 3_600_000;
/** How many points Prometheus gives a series at most, for the step that the backend would take. */
const mostPoints = 11_000;
const rateMacro = /^(?:|\$__rate_interval|\$\{__rate_interval\})$/;

/** What a query asks of live samples: which targets and metrics, how far back, and the PromQL of each moment. */
export class Plan {
  /** Milliseconds between points. */
  readonly step: number;
  /** Milliseconds between live scrapes. */
  readonly interval: number;
  /** Milliseconds between the backend's scrapes. */
  readonly scrapeInterval: number;
  /** Metrics that it reads; nothing where that can be any. */
  readonly metrics: string[] | undefined;
  /** Tells plans apart that give different points. */
  readonly key: string;
  /** How long it has been watched, milliseconds. */
  private watched = 0;
  private readonly own: string[];
  private readonly signals: Signal[];
  private readonly parsed = new Map<string, Expr>();

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
    const names = this.selectors().map(({ matchers }) =>
      matchers.find(({ label, operator }) => label === '__name__' && operator === '=')
    );
    this.metrics = names.includes(undefined) ? undefined : [...new Set(names.flatMap((name) => name?.value ?? []))];
    this.lookBack(); // refuses what depends on when it is asked
    const { kind, signals, by, filters, window, expr, instant } = query;
    this.key = JSON.stringify([kind, signals, by, filters, window, expr, instant, asked, this.step]);
  }

  /** Targets whose state matters to who looks at it. */
  isAbout(target: Target): boolean {
    if (this.query.kind === 'promql') {
      return this.isNeeded(target);
    }
    return (
      this.signals.some((signal) => kindOf(signal) === target.kind) && passes(target, this.query.filters, this.own)
    );
  }

  /** Targets that have series for it. */
  isNeeded(target: Target): boolean {
    return (
      this.selectors().some((selector) => mayMeet(selector, target, this.own)) &&
      (target.kind !== 'falco' || this.query.kind === 'promql' || passes(target, this.query.filters, this.own))
    );
  }

  /** Throws where live cannot watch what is needed. */
  check(targets: readonly Target[]): void {
    const count = targets.filter((target) => this.isNeeded(target)).length;
    if (count === 0) {
      throw new NotLive();
    }
    if (count > mostTargets) {
      throw new NotLive(
        `it watches ${mostTargets} targets at most, and this query is about ${count}; choose fewer nodes`
      );
    }
  }

  /** How old samples may be that it looks at, milliseconds. */
  get reach(): number {
    return this.lookBack();
  }

  /** How far rates look back once live samples suffice, milliseconds. */
  get liveWindow(): number {
    return windowOf(this.interval);
  }

  /** Says how long it has been watched. */
  watch(milliseconds: number): void {
    this.watched = Math.min(milliseconds, longestWatch);
  }

  /** The expressions with a window for rates; without one, it is that of the backend. A window that the query names holds. */
  at(window: number | undefined): Planned[] {
    const { query } = this;
    if (query.kind === 'promql') {
      const conditions = query.filters.map(({ key, operator, value }) => ({ label: key, operator, value }));
      const text = withConditions(this.expand(query.expr ?? '', window), conditions);
      return [{ text, expr: this.parse(text) }];
    }
    const named = window !== undefined && rateMacro.test(query.window ?? '') ? printDuration(window) : query.window;
    const { by, filters } = query;
    return this.signals.map((signal) => {
      const { expr: text, window: used } = compile(
        catalogue,
        signal,
        { by, filters, window: named },
        this.compileOptions()
      );
      return { signal, text, expr: this.parse(text), window: used };
    });
  }

  /** Whether the two windows make a difference. */
  get hasRates(): boolean {
    const texts = (window?: number) => this.at(window).map(({ text }) => text);
    return String(texts()) !== String(texts(this.liveWindow));
  }

  private lookBack(): number {
    const windows = [undefined, this.liveWindow].flatMap((window) => this.at(window));
    return Math.max(...windows.map(({ text, expr }) => reachOf(expr, text, this.asked.range)));
  }

  private selectors() {
    return this.at(undefined).flatMap(({ expr }) => selectorsOf(expr));
  }

  private parse(text: string): Expr {
    let expr = this.parsed.get(text);
    if (!expr) {
      expr = parse(text);
      // A window that grows makes a new text each time.
      if (this.parsed.size > 20) {
        this.parsed.clear();
      }
      this.parsed.set(text, expr);
    }
    return expr;
  }

  private compileOptions() {
    const { range } = this.asked;
    return {
      identity: IDENTITY,
      targetLabels: targetLabels(this.settings),
      step: this.backendStep(),
      scrapeInterval: this.scrapeInterval,
      range: Math.max(1000, Math.round(range / 1000) * 1000),
      live: Math.max(1, this.watched),
    };
  }

  /** As pkg/datasource/times.go works it out. */
  private backendStep(): number {
    const { range, interval, maxDataPoints } = this.asked;
    const step = Math.max(interval, this.scrapeInterval, range / mostPoints, range / maxDataPoints);
    return Math.ceil(step / 1000) * 1000;
  }

  /** Replaces Grafana's macros; unknown ones stay, for PromQL to complain of. */
  private expand(text: string, window: number | undefined): string {
    const { step, scrapeInterval, range, live } = this.compileOptions();
    const values: Record<string, string> = {
      __rate_interval: printDuration(window ?? rateInterval({ step, scrapeInterval })),
      __interval: printDuration(step),
      __interval_ms: String(step),
      __range: printDuration(range),
      __range_s: String(range / 1000),
      __range_ms: String(this.asked.range),
      __live: printDuration(live),
    };
    return text.replace(/\$\{__[a-z_]+\}|\$__[a-z_]+/g, (found) => values[found.replace(/[${}]/g, '')] ?? found);
  }
}
