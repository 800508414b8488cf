import {
  defer,
  filter,
  finalize,
  map,
  merge,
  NEVER,
  Observable,
  repeat,
  share,
  type Subscription,
  switchMap,
  takeUntil,
  timer,
} from 'rxjs';
import { BackendError, chunks, type BackendClient, type Target, type TargetStatus } from './BackendClient';
import { ExpositionReader, type Limits, type ParsedExposition } from './ExpositionReader';
import { SampleBuffer } from './SampleBuffer';
import { Slices } from './Slices';
import { type ScrapeCoverage } from './ScrapeCoverage';
import { type CounterRules } from './CounterCourses';
import { type ReadingRules } from './SeriesRegistry';

/** A consumer of live scrapes, and what it needs of them. */
export interface Subscriber {
  needsTarget(target: Target): boolean;
  needsMetric(metric: string): boolean;
  /** How far back it reads the samples of the metrics it needs, in milliseconds. */
  lookback(): number;
  /** Records the scrapes since it subscribed, all of whose samples the buffer holds. */
  readonly coverage: ScrapeCoverage;
}

/** The outcome of one round of live scrapes. */
export interface Tick {
  /** The buffer that received the samples. It differs from {@link ScrapePoller.buffer} after a restart. */
  buffer: SampleBuffer;
  /** Time of the newest scrape by the backend's clock; undefined when there was no new scrape. */
  time?: number;
  /** All targets of the data source, including those that no subscriber needs. */
  targets: Target[];
  /** The status of each polled target, by id. */
  statuses: ReadonlyMap<string, TargetStatus>;
  /** Why there are no new samples. */
  failure?: string;
}

export interface PollerOptions {
  /** Milliseconds between ticks. */
  intervalMs: number;
  rules: ReadingRules & CounterRules;
  limits: Limits;
  /** Whether the page is visible. A hidden page does not poll. */
  visible: Observable<boolean>;
}

/** Maximum number of targets in one request. */
export const maxTargets = 20;
/** Maximum number of targets that the live queries of a page read together. */
export const maxPageTargets = 3 * maxTargets;
/** How often the list of targets is refreshed, in milliseconds. */
const listIntervalMs = 10_000;
/** How long a subscriber's data is kept after it unsubscribed, in milliseconds: refreshing a panel resubscribes. */
export const keepAliveMs = 30_000;
/** Samples are kept this much longer than subscribers look back, in milliseconds. */
const slackMs = 60_000;
/** Longest pause after failures, in milliseconds. */
const maxBackoffMs = 30_000;
/** How long there may be nothing new before subscribers are told, in milliseconds; never less than three ticks. */
const minPatienceMs = 3000;
/** The longest `$__live` window, in milliseconds. */
export const maxWatchMs = 12 * 3_600_000;
/** Maximum number of samples of one series: those of the longest window at the shortest interval, 500 ms. */
const maxSamplesPerSeries = (maxWatchMs + 2 * slackMs) / 500;

/**
 * Polls live scrapes once per tick, on behalf of all panels of a data source, while there are subscribers and the page is
 * visible. Samples are in the buffer by the time subscribers receive the tick.
 */
export class ScrapePoller {
  /** Replaced when the samples it holds become useless. */
  buffer: SampleBuffer;
  /** Time of the first scrape by the backend's clock. */
  firstScrapeAt = Infinity;
  /** Subscribers; one that has just left has a subscription to the timer that will remove it. */
  private readonly subscribers = new Map<Subscriber, Subscription | undefined>();
  private readonly readers = new Map<string, ExpositionReader>();
  private readonly statuses = new Map<string, TargetStatus>();
  private targets: Target[] = [];
  /** Subscribers for whose targets the last tick had no room. */
  private crowdedOut: ReadonlySet<Subscriber> = new Set();
  private listedAt = -Infinity;
  private tickStartedAt = 0;
  private failures = 0;
  /** Scrapes are being read. */
  private isReading = false;
  /** Subscribers have changed meanwhile. */
  private isNeededOutdated = false;
  /** The backend's clock at its last response. */
  private backendNow = -Infinity;
  /** When the last new scrape arrived, by the page's clock. */
  private lastNewAt = 0;

  private readonly ticks: Observable<Tick> = defer(() => this.options.visible).pipe(
    switchMap((visible) => {
      this.lastNewAt = performance.now();
      return visible ? defer(() => this.pollOnce()).pipe(repeat({ delay: () => timer(this.pause()) })) : NEVER;
    }),
    share()
  );

  constructor(
    private readonly backend: BackendClient,
    private readonly options: PollerOptions
  ) {
    this.buffer = this.emptyBuffer();
  }

  /** Emits ticks until the last subscriber has left. Fails when the backend refuses live queries. */
  subscribe(subscriber: Subscriber): Observable<Tick> {
    return defer(() => {
      this.subscribers.get(subscriber)?.unsubscribe();
      this.subscribers.set(subscriber, undefined);
      this.updateNeeded();
      return this.ticks.pipe(
        // A tick that started before the subscription does not include the subscriber's targets.
        filter(
          ({ targets, statuses, failure }) =>
            failure !== undefined ||
            this.isCrowdedOut(subscriber) ||
            targets.every((target) => !subscriber.needsTarget(target) || statuses.has(target.id))
        ),
        finalize(() => {
          this.subscribers.set(
            subscriber,
            timer(keepAliveMs).subscribe(() => this.remove(subscriber))
          );
        })
      );
    });
  }

  /** Runs one tick. A tick that is slow emits a failure first. Unsubscribing cancels it. */
  private pollOnce(): Observable<Tick> {
    const tick = new Observable<Tick>((subscriber) => {
      const controller = new AbortController();
      this.tick(controller.signal).then(
        (result) => {
          subscriber.next(result);
          subscriber.complete();
        },
        (error) => subscriber.error(error)
      );
      return () => controller.abort();
    }).pipe(share());
    const overdue = timer(this.patienceMs).pipe(
      map(() => this.tickWith(undefined, 'the backend has not responded yet')),
      takeUntil(tick)
    );
    return merge(tick, overdue);
  }

  private async tick(signal: AbortSignal): Promise<Tick> {
    this.tickStartedAt = performance.now();
    let time: number | undefined;
    let failure: string | undefined;
    try {
      await this.refreshTargets();
      const responses = await Promise.all(
        chunks(this.chooseTargets(), maxTargets).map((ids) => this.backend.live(ids))
      );
      const all = responses.flatMap(({ targets }) => targets);
      const now = Math.min(...responses.map(({ now }) => now));
      this.followClock(all.length > 0 ? now : undefined);
      const newTimes = this.newTimes(all);
      this.isReading = true;
      const slices = new Slices(signal);
      const expositions = await this.readAll(
        all.filter(({ id }) => newTimes.has(id)),
        slices,
        signal
      );
      time = await this.process(all, Math.min(now, ...newTimes.values()), newTimes, expositions, slices);
      this.failures = 0;
      failure = this.isStalled() ? 'no new scrapes have arrived' : undefined;
    } catch (error) {
      if (signal.aborted || (error instanceof BackendError && [400, 403, 404].includes(error.status))) {
        throw error;
      }
      this.failures++;
      failure = error instanceof Error ? error.message : String(error);
    } finally {
      this.isReading = false;
      if (this.isNeededOutdated) {
        this.updateNeeded();
      }
    }
    return this.tickWith(time, failure);
  }

  private tickWith(time: number | undefined, failure: string | undefined): Tick {
    return { buffer: this.buffer, time, targets: this.targets, statuses: new Map(this.statuses), failure };
  }

  private get patienceMs(): number {
    return Math.max(3 * this.options.intervalMs, minPatienceMs);
  }

  /** Whether all polled targets have responded and none of them has had anything new for a while. */
  private isStalled(): boolean {
    const polled = [...this.statuses.values()].filter((status) => !isGone(status));
    const isWaiting = polled.some(({ waiting = 0 }) => waiting > 0);
    return polled.length > 0 && !isWaiting && performance.now() - this.lastNewAt > this.patienceMs;
  }

  /** Milliseconds from the end of one tick to the start of the next. */
  private pause(): number {
    const { intervalMs } = this.options;
    const wait = Math.min(intervalMs * 2 ** Math.min(this.failures, 10), Math.max(intervalMs, maxBackoffMs));
    return Math.max(0, this.tickStartedAt + wait - performance.now());
  }

  private async refreshTargets(): Promise<void> {
    const now = performance.now();
    const isOutdated = [...this.statuses.values()].some(({ state }) => state === 'unlisted');
    if (isOutdated || now - this.listedAt >= listIntervalMs) {
      this.targets = await this.backend.targets();
      this.listedAt = now;
      const ids = new Set(this.targets.map(({ id }) => id));
      for (const id of this.readers.keys()) {
        if (!ids.has(id)) {
          this.readers.delete(id);
        }
      }
      this.subscribers.forEach((_, { coverage }) => coverage.retain(ids));
    }
  }

  /** Whether a subscriber needs targets for which earlier subscribers leave no room. */
  isCrowdedOut(subscriber: Subscriber): boolean {
    return this.crowdedOut.has(subscriber);
  }

  /** The ids of the targets that the page polls. Subscribers for whose targets there is no room are crowded out. */
  private chooseTargets(): string[] {
    let ids = new Set<string>();
    const crowdedOut = new Set<Subscriber>();
    for (const [subscriber, leaving] of this.subscribers) {
      if (leaving) {
        continue;
      }
      const own = this.targets.filter((target) => subscriber.needsTarget(target)).map(({ id }) => id);
      const all = new Set([...ids, ...own]);
      if (all.size > maxPageTargets) {
        crowdedOut.add(subscriber);
      } else {
        ids = all;
      }
    }
    this.crowdedOut = crowdedOut;
    return [...ids];
  }

  /** Starts over when the backend's clock was set back: existing samples lie in the future then. */
  private followClock(now = this.backendNow): void {
    if (now < this.backendNow - scrapeGap(this.options.intervalMs)) {
      this.restart();
    }
    this.backendNow = now;
  }

  /** Times of the scrapes that are new, by target id. */
  private newTimes(all: readonly TargetStatus[]): Map<string, number> {
    return new Map(
      all.flatMap(({ id, time }) =>
        time !== undefined && time > (this.statuses.get(id)?.time ?? -Infinity) ? [[id, time]] : []
      )
    );
  }

  /** Reads the bodies of scrapes; an Error for one that is refused. */
  private async readAll(
    all: readonly TargetStatus[],
    slices: Slices,
    signal: AbortSignal
  ): Promise<Map<string, ParsedExposition | Error>> {
    const expositions = new Map<string, ParsedExposition | Error>();
    for (const { id, text, ...status } of all) {
      if (text === undefined || isGone(status)) {
        continue;
      }
      const kind = this.targets.find((target) => target.id === id)?.kind ?? 'falco';
      const reader = this.readers.get(id) ?? new ExpositionReader(kind, this.options.rules, this.options.limits);
      this.readers.set(id, reader);
      try {
        expositions.set(id, await slices.run(reader.readInSteps(text)));
      } catch (error) {
        signal.throwIfAborted();
        expositions.set(id, error instanceof Error ? error : new Error(String(error)));
      }
    }
    signal.throwIfAborted();
    return expositions;
  }

  /** Writes scrapes to the buffer. Returns the time of the newest one, if there is a new one. */
  private async process(
    all: readonly TargetStatus[],
    earliest: number,
    newTimes: ReadonlyMap<string, number>,
    expositions: ReadonlyMap<string, ParsedExposition | Error>,
    slices: Slices
  ): Promise<number | undefined> {
    const statuses = new Map<string, TargetStatus>();
    // Targets that lose a node are processed before the target that takes it over.
    for (const status of all.filter(isGone)) {
      this.buffer.removeTarget(status.id, earliest - 1);
      statuses.set(status.id, status);
    }
    for (const { text: _, ...status } of all.filter((status) => !isGone(status))) {
      const time = newTimes.get(status.id);
      statuses.set(
        status.id,
        time === undefined ? status : await this.append(status, time, expositions.get(status.id), slices)
      );
    }
    this.statuses.clear();
    statuses.forEach((status, id) => this.statuses.set(id, status));
    const requirements = [...this.subscribers.keys()].map((subscriber) => ({
      subscriber,
      lookback: subscriber.lookback(),
    }));
    this.buffer.setMaxAge(
      (metric) =>
        slackMs +
        Math.max(0, ...requirements.map(({ subscriber, lookback }) => (subscriber.needsMetric(metric) ? lookback : 0)))
    );
    await slices.run(this.buffer.trimInSteps());
    if (newTimes.size === 0) {
      return undefined;
    }
    this.lastNewAt = performance.now();
    this.firstScrapeAt = Math.min(this.firstScrapeAt, ...newTimes.values());
    return Math.max(...newTimes.values());
  }

  /** Appends a scrape. One that is refused counts as failed, as in the backend, which reads it first. */
  private async append(
    status: TargetStatus,
    time: number,
    read: ParsedExposition | Error | undefined,
    slices: Slices
  ): Promise<TargetStatus> {
    const { id, labels, gauges, seconds, state } = status;
    const exposition = read instanceof Error ? undefined : read;
    const isLoadBalanced = state === 'load-balancer';
    const scrape = { time, exposition, duration: seconds, isLoadBalanced, gauges };
    await slices.run(this.buffer.appendInSteps(id, labels, scrape));
    this.subscribers.forEach((_, { coverage }) => coverage.add(id, time));
    return read instanceof Error
      ? {
          ...status,
          state: 'down',
          trouble: { severity: 'warning', what: 'No metrics from', change: read.message },
        }
      : status;
  }

  /** Tells the buffer which metrics are needed; after the scrapes that are being read, because they change its series. */
  private updateNeeded(): void {
    this.isNeededOutdated = this.isReading;
    if (this.isReading) {
      return;
    }
    const subscribers = [...this.subscribers.keys()];
    this.buffer.setNeeded((metric) => subscribers.some((subscriber) => subscriber.needsMetric(metric)));
  }

  /** Releases what only a subscriber that has left needed. */
  private remove(subscriber: Subscriber): void {
    this.subscribers.delete(subscriber);
    subscriber.coverage.clear();
    this.updateNeeded();
    if (this.subscribers.size === 0) {
      this.restart();
      this.readers.clear();
      this.targets = [];
      this.listedAt = -Infinity;
    }
  }

  /** Discards all samples and starts with an empty buffer. */
  private restart(): void {
    this.buffer = this.emptyBuffer();
    this.updateNeeded();
    this.firstScrapeAt = Infinity;
    this.backendNow = -Infinity;
    this.statuses.clear();
    this.subscribers.forEach((_, { coverage }) => coverage.clear());
  }

  private emptyBuffer(): SampleBuffer {
    return new SampleBuffer({ samplesPerSeries: maxSamplesPerSeries, maxAgeMs: Infinity }, this.options.rules);
  }
}

/** Whether another target has taken over the node, or the target is no longer listed. */
function isGone({ elsewhere, state }: Pick<TargetStatus, 'elsewhere' | 'state'>): boolean {
  return elsewhere === true || state === 'unlisted';
}

/** The window of live rates, in milliseconds. */
export function liveWindow(intervalMs: number): number {
  return Math.max(4 * intervalMs, 10_000);
}

/** Scrapes that are further apart than this, in milliseconds, have a gap between them. */
export function scrapeGap(intervalMs: number): number {
  return liveWindow(intervalMs) / 2;
}
