import {
  defer,
  filter,
  finalize,
  NEVER,
  type Observable,
  repeat,
  share,
  type Subscription,
  switchMap,
  timer,
} from 'rxjs';
import { SampleBuffer } from './buffer';
import { type Answer, type Limits, Reader } from './reader';
import { chunks, type LiveAnswer, type LiveTarget, RouteError, type Routes, type Target } from './routes';
import { Runs } from './runs';
import { type ReadingRules } from './series';

/** What somebody who watches needs. */
export interface Watcher {
  wantsTarget(target: Target): boolean;
  wantsMetric(metric: string): boolean;
  /** How old samples of these metrics may be that are still looked at, milliseconds. */
  reach(): number;
}

/** What came in at once. */
export interface Tick {
  /** Of the newest scrape, by the backend's clock: what figures are as of. None where nothing new came. */
  time?: number;
  /** All targets of the data source, those that nobody watches, too. */
  targets: Target[];
  /** What is known of those that are watched, by id. */
  live: ReadonlyMap<string, LiveTarget>;
  /** Why nothing came. */
  trouble?: string;
}

export interface FeedOptions {
  /** Milliseconds between ticks. */
  interval: number;
  rules: ReadingRules;
  limits: Limits;
  /** Whether anybody can see what comes in. */
  visible: Observable<boolean>;
}

/** Targets in one request. */
export const mostTargets = 20;
/** How often the list of targets is looked at, milliseconds. */
const listEvery = 10_000;
/** How long samples are kept when the last panel has gone: it may but have been refreshed. Milliseconds. */
const keepFor = 30_000;
/** Samples are kept for as long as somebody looks back, and that much longer, milliseconds. */
const slack = 60_000;
/** The longest pause after failures, milliseconds. */
const longestPause = 30_000;
/** Samples of one series: half a day of one a second. */
const mostPoints = 45_000;

/**
 * Asks for scrapes, tick by tick, as long as somebody watches and the page can be seen: once for all panels of a data
 * source. What comes in is in the buffer when it is told.
 */
export class Feed {
  buffer = this.emptyBuffer();
  readonly runs: Runs;
  private readonly watchers = new Set<Watcher>();
  private readonly readers = new Map<string, Reader>();
  private readonly live = new Map<string, LiveTarget>();
  private targets: Target[] = [];
  private listedAt = -Infinity;
  private begun = 0;
  private failures = 0;
  private clearing?: Subscription;

  private readonly ticks: Observable<Tick> = defer(() => this.options.visible).pipe(
    switchMap((visible) =>
      visible ? defer(() => this.tick()).pipe(repeat({ delay: () => timer(this.pause()) })) : NEVER
    ),
    share()
  );

  constructor(
    private readonly routes: Routes,
    private readonly options: FeedOptions
  ) {
    this.runs = new Runs(gapOf(options.interval));
  }

  /** Ticks until the last one who watches has gone. Fails where live is not to be had. */
  watch(watcher: Watcher): Observable<Tick> {
    return defer(() => {
      this.clearing?.unsubscribe();
      this.watchers.add(watcher);
      this.adapt();
      return this.ticks.pipe(
        // A tick that began before this one watched knows nothing of its targets.
        filter(
          ({ targets, live, trouble }) =>
            trouble !== undefined || targets.every((one) => !watcher.wantsTarget(one) || live.has(one.id))
        ),
        finalize(() => {
          this.watchers.delete(watcher);
          this.adapt();
          if (this.watchers.size === 0) {
            this.clearing = timer(keepFor).subscribe(() => this.clear());
          }
        })
      );
    });
  }

  private async tick(): Promise<Tick> {
    this.begun = performance.now();
    let time: number | undefined;
    let trouble: string | undefined;
    try {
      await this.list();
      const answers = await Promise.all(chunks(this.ids(), mostTargets).map((ids) => this.routes.live(ids)));
      time = this.take(answers);
      this.failures = 0;
    } catch (error) {
      if (error instanceof RouteError && [400, 403, 404].includes(error.status)) {
        throw error;
      }
      this.failures++;
      trouble = error instanceof Error ? error.message : String(error);
    }
    return { time, targets: this.targets, live: new Map(this.live), trouble };
  }

  /** From the end of one tick to the begin of the next. */
  private pause(): number {
    const { interval } = this.options;
    const wait = Math.min(interval * 2 ** Math.min(this.failures, 10), Math.max(interval, longestPause));
    return Math.max(0, this.begun + wait - performance.now());
  }

  private async list(): Promise<void> {
    const now = performance.now();
    const isLost = [...this.live.values()].some(({ state }) => state === 'unlisted');
    if (isLost || now - this.listedAt >= listEvery) {
      this.targets = await this.routes.targets();
      this.listedAt = now;
    }
  }

  private ids(): string[] {
    const watchers = [...this.watchers];
    return this.targets.filter((one) => watchers.some((watcher) => watcher.wantsTarget(one))).map(({ id }) => id);
  }

  /** Puts what came in into the buffer; the time of the newest scrape, if there was a new one. */
  private take(answers: LiveAnswer[]): number | undefined {
    const all = answers.flatMap(({ targets }) => targets);
    const times = all.flatMap((one) => (one.time !== undefined && this.isNew(one) ? [one.time] : []));
    const earliest = Math.min(...times, ...answers.map(({ now }) => now));
    this.live.clear();
    // Who leaves a node comes before who goes on with it.
    for (const one of all.filter(isGone)) {
      this.buffer.leave(one.id, earliest - 1);
      this.live.set(one.id, one);
    }
    for (const one of all.filter((one) => !isGone(one))) {
      this.live.set(one.id, one);
      if (one.time !== undefined && this.isNew(one)) {
        this.append(one, one.time);
      }
    }
    const reaches = [...this.watchers].map((watcher) => ({ watcher, reach: watcher.reach() }));
    this.buffer.keepFor(
      (metric) => slack + Math.max(0, ...reaches.map(({ watcher, reach }) => (watcher.wantsMetric(metric) ? reach : 0)))
    );
    this.buffer.trim();
    return times.length > 0 ? Math.max(...times) : undefined;
  }

  private isNew({ id, time = 0 }: LiveTarget): boolean {
    return time > this.runs.last(id);
  }

  private append({ id, labels, gauges, text, seconds, state }: LiveTarget, time: number): void {
    const kind = this.targets.find((one) => one.id === id)?.kind ?? 'falco';
    const reader = this.readers.get(id) ?? new Reader(kind, this.options.rules, this.options.limits);
    this.readers.set(id, reader);
    const answer = text === undefined ? undefined : this.read(id, reader, text);
    const isBalanced = state === 'load-balancer';
    this.buffer.append(id, labels, { time, answer, duration: seconds, isBalanced, gauges });
    this.runs.add(id, time);
  }

  /** An answer that cannot be read is none: the backend reads all of them first, and refuses what it cannot. */
  private read(id: string, reader: Reader, text: string): Answer | undefined {
    try {
      return reader.read(text);
    } catch (error) {
      const change = error instanceof Error ? error.message : String(error);
      this.live.set(id, {
        ...this.live.get(id)!,
        state: 'down',
        trouble: { severity: 'warning', what: 'No metrics from', change },
      });
      return undefined;
    }
  }

  private adapt(): void {
    const watchers = [...this.watchers];
    this.buffer.want((metric) => watchers.some((watcher) => watcher.wantsMetric(metric)));
  }

  private clear(): void {
    this.buffer = this.emptyBuffer();
    this.readers.clear();
    this.live.clear();
    this.runs.clear();
    this.targets = [];
    this.listedAt = -Infinity;
  }

  private emptyBuffer(): SampleBuffer {
    return new SampleBuffer({ points: mostPoints, age: Infinity });
  }
}

function isGone({ elsewhere, state }: LiveTarget): boolean {
  return elsewhere === true || state === 'unlisted';
}

/** How long live rates look back, milliseconds. */
export function windowOf(interval: number): number {
  return Math.max(4 * interval, 10_000);
}

/** Scrapes that are further apart than that, milliseconds, are no longer one run of them. */
export function gapOf(interval: number): number {
  return windowOf(interval) / 2;
}
