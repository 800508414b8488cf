import {
  defer,
  filter,
  finalize,
  map,
  merge,
  NEVER,
  type Observable,
  repeat,
  share,
  type Subscription,
  switchMap,
  takeUntil,
  timer,
} from 'rxjs';
import { SampleBuffer } from './buffer';
import { type Answer, type Limits, Reader } from './reader';
import { chunks, type LiveAnswer, type LiveTarget, RouteError, type Routes, type Target } from './routes';
import { type Runs } from './runs';
import { type ReadingRules } from './series';

/** What somebody who watches needs. */
export interface Watcher {
  wantsTarget(target: Target): boolean;
  wantsMetric(metric: string): boolean;
  /** How old samples of these metrics may be that are still looked at, milliseconds. */
  reach(): number;
  /** The scrapes since it watches: those whose samples it finds in the buffer, all of them. */
  readonly runs: Runs;
}

/** What came in at once. */
export interface Tick {
  /** Where it has gone; {@link Feed.buffer} unless that is a new one by now. */
  buffer: SampleBuffer;
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
/** How long what somebody needs is kept after they have gone: a panel may but be refreshed. Milliseconds. */
export const keepFor = 30_000;
/** Samples are kept for as long as somebody looks back, and that much longer, milliseconds. */
const slack = 60_000;
/** The longest pause after failures, milliseconds. */
const longestPause = 30_000;
/** How long nothing new may come before that is told, milliseconds, three ticks at least. */
const patience = 3000;
/** How long a window since watching began may become, milliseconds. */
export const longestWatch = 12 * 3_600_000;
/** Samples of one series: as many as come in that time at the shortest interval, 500 ms. */
const mostPoints = (longestWatch + 2 * slack) / 500;

/**
 * Asks for scrapes, tick by tick, as long as somebody watches and the page can be seen: once for all panels of a data
 * source. What comes in is in the buffer when it is told.
 */
export class Feed {
  /** Another one where what it held is worth nothing any more. */
  buffer = this.emptyBuffer();
  /** The first scrape, by the backend's clock. */
  since = Infinity;
  /** Those who watch, and those who have gone a moment ago, with what makes an end of that. */
  private readonly watchers = new Map<Watcher, Subscription | undefined>();
  private readonly readers = new Map<string, Reader>();
  private readonly live = new Map<string, LiveTarget>();
  private targets: Target[] = [];
  private listedAt = -Infinity;
  private begun = 0;
  private failures = 0;
  /** The backend's clock, as of the last answer. */
  private now = -Infinity;
  /** When something new came last, by the page's clock. */
  private newAt = 0;

  private readonly ticks: Observable<Tick> = defer(() => this.options.visible).pipe(
    switchMap((visible) => {
      this.newAt = performance.now();
      return visible ? defer(() => this.oneTick()).pipe(repeat({ delay: () => timer(this.pause()) })) : NEVER;
    }),
    share()
  );

  constructor(
    private readonly routes: Routes,
    private readonly options: FeedOptions
  ) {}

  /** Ticks until the last one who watches has gone. Fails where live is not to be had. */
  watch(watcher: Watcher): Observable<Tick> {
    return defer(() => {
      this.watchers.get(watcher)?.unsubscribe();
      this.watchers.set(watcher, undefined);
      this.adapt();
      return this.ticks.pipe(
        // A tick that began before this one watched knows nothing of its targets.
        filter(
          ({ targets, live, trouble }) =>
            trouble !== undefined || targets.every((one) => !watcher.wantsTarget(one) || live.has(one.id))
        ),
        finalize(() => {
          this.watchers.set(
            watcher,
            timer(keepFor).subscribe(() => this.forget(watcher))
          );
        })
      );
    });
  }

  /** One tick; where it takes long, that is told meanwhile. */
  private oneTick(): Observable<Tick> {
    const tick = this.tick();
    const overdue = timer(this.patience).pipe(
      map(() => this.tickOf(undefined, 'an answer is overdue')),
      takeUntil(tick)
    );
    return merge(tick, overdue);
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
      trouble = this.isStale() ? 'the answers bring nothing new' : undefined;
    } catch (error) {
      if (error instanceof RouteError && [400, 403, 404].includes(error.status)) {
        throw error;
      }
      this.failures++;
      trouble = error instanceof Error ? error.message : String(error);
    }
    return this.tickOf(time, trouble);
  }

  private tickOf(time: number | undefined, trouble: string | undefined): Tick {
    return { buffer: this.buffer, time, targets: this.targets, live: new Map(this.live), trouble };
  }

  private get patience(): number {
    return Math.max(3 * this.options.interval, patience);
  }

  /** Whether all who are scraped have answered, and none of them has anything new. */
  private isStale(): boolean {
    const scraped = [...this.live.values()].filter((one) => !isGone(one));
    const isWaiting = scraped.some(({ waiting = 0 }) => waiting > 0);
    return scraped.length > 0 && !isWaiting && performance.now() - this.newAt > this.patience;
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
      const ids = new Set(this.targets.map(({ id }) => id));
      for (const id of this.readers.keys()) {
        if (!ids.has(id)) {
          this.readers.delete(id);
        }
      }
      this.watchers.forEach((_, { runs }) => runs.retain(ids));
    }
  }

  private ids(): string[] {
    const watchers = [...this.watchers].flatMap(([watcher, leaving]) => (leaving ? [] : [watcher]));
    return this.targets.filter((one) => watchers.some((watcher) => watcher.wantsTarget(one))).map(({ id }) => id);
  }

  /** Puts what came in into the buffer; the time of the newest scrape, if there was a new one. */
  private take(answers: LiveAnswer[]): number | undefined {
    const all = answers.flatMap(({ targets }) => targets);
    const now = Math.min(...answers.map(({ now }) => now));
    if (now < this.now - gapOf(this.options.interval)) {
      this.restart(); // its clock was put back: what is at hand lies in the future
    }
    this.now = all.length > 0 ? now : this.now;
    const fresh = new Map(
      all.flatMap(({ id, time }) =>
        time !== undefined && time > (this.live.get(id)?.time ?? -Infinity) ? [[id, time]] : []
      )
    );
    const earliest = Math.min(now, ...fresh.values());
    this.live.clear();
    // Who leaves a node comes before who goes on with it.
    for (const one of all.filter(isGone)) {
      this.buffer.leave(one.id, earliest - 1);
      this.live.set(one.id, one);
    }
    for (const { text, ...one } of all.filter((one) => !isGone(one))) {
      this.live.set(one.id, one);
      const time = fresh.get(one.id);
      if (time !== undefined) {
        this.append(one, time, text);
      }
    }
    const reaches = [...this.watchers.keys()].map((watcher) => ({ watcher, reach: watcher.reach() }));
    this.buffer.keepFor(
      (metric) => slack + Math.max(0, ...reaches.map(({ watcher, reach }) => (watcher.wantsMetric(metric) ? reach : 0)))
    );
    this.buffer.trim();
    if (fresh.size === 0) {
      return undefined;
    }
    this.newAt = performance.now();
    this.since = Math.min(this.since, ...fresh.values());
    return Math.max(...fresh.values());
  }

  private append({ id, labels, gauges, seconds, state }: LiveTarget, time: number, text: string | undefined): void {
    const kind = this.targets.find((one) => one.id === id)?.kind ?? 'falco';
    const reader = this.readers.get(id) ?? new Reader(kind, this.options.rules, this.options.limits);
    this.readers.set(id, reader);
    const answer = text === undefined ? undefined : this.read(id, reader, text);
    const isBalanced = state === 'load-balancer';
    this.buffer.append(id, labels, { time, answer, duration: seconds, isBalanced, gauges });
    this.watchers.forEach((_, { runs }) => runs.add(id, time));
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
    const watchers = [...this.watchers.keys()];
    this.buffer.want((metric) => watchers.some((watcher) => watcher.wantsMetric(metric)));
  }

  /** Makes an end of what somebody needed who has gone for good. */
  private forget(watcher: Watcher): void {
    this.watchers.delete(watcher);
    watcher.runs.clear();
    this.adapt();
    if (this.watchers.size === 0) {
      this.restart();
      this.readers.clear();
      this.targets = [];
      this.listedAt = -Infinity;
    }
  }

  /** Begins anew with what comes in. */
  private restart(): void {
    this.buffer = this.emptyBuffer();
    this.adapt();
    this.since = Infinity;
    this.now = -Infinity;
    this.live.clear();
    this.watchers.forEach((_, { runs }) => runs.clear());
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
