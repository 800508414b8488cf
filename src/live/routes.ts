import { type QueryResultMetaNotice } from '@grafana/data';
import { from, lastValueFrom, timeout, TimeoutError } from 'rxjs';
import { printDuration } from '../signals/window';
import { type Gauge, type SavedSeries } from './buffer';

/** A target as the look-up `targets` gives it, as far as it matters here (pkg/datasource/resources.go). */
export interface Target {
  id: string;
  kind: 'falco' | 'falcosidekick';
  labels: Record<string, string>;
  facts: Record<string, string> | null;
}

/** The last live scrape of a target (pkg/datasource/live.go). */
export interface LiveTarget {
  id: string;
  /** When it began, milliseconds since 1970 by the backend's clock; none where there was none yet. */
  time?: number;
  /** How long it took. */
  seconds: number;
  state: 'pending' | 'up' | 'starting' | 'down' | 'vanished' | 'duplicate' | 'load-balancer' | 'unlisted';
  message?: string;
  labels: Record<string, string>;
  gauges: Gauge[];
  text?: string;
  /** For how many seconds the next answer has been under way. */
  waiting?: number;
  /** Another target has this one's node: nothing is written for this one. */
  elsewhere?: boolean;
  /** What to tell of it; names go between the two texts. */
  trouble?: Trouble;
}

export interface Trouble {
  severity: 'info' | 'warning' | 'error';
  what: string;
  change: string;
}

export interface LiveAnswer {
  /** The backend's clock. */
  now: number;
  targets: LiveTarget[];
}

export interface SavedAnswer {
  now: number;
  /** Of each target asked for. */
  targets: SavedSeries[][];
}

/** Why figures of a query may be missing, as far as the history can tell. */
export interface Reasons {
  /** Why nodes have no value. */
  missing: QueryResultMetaNotice[];
  /** What is to be told in any case. */
  besides: QueryResultMetaNotice[];
  /** Whether nodes have no value only because they have just been found. */
  passing?: boolean;
}

/** A request that was refused, with the reason in the backend's words. */
export class RouteError extends Error {
  constructor(
    readonly status: number,
    message: string
  ) {
    super(message);
    this.name = 'RouteError';
  }
}

/** Sends a look-up to the backend: its path and parameters. */
export type Get = (path: string, params?: Record<string, string>) => Promise<unknown>;

/** How long an answer may take, milliseconds; one of the history may be large. */
const patience = { usual: 10_000, history: 60_000 };

/** As many names as fit into an address. */
const mostNames = 60;

/** What live asks of the backend. Everything fails with a {@link RouteError}. */
export class Routes {
  constructor(private readonly get: Get) {}

  targets(): Promise<Target[]> {
    return this.ask('targets');
  }

  /** Scrapes of targets, 20 at most. */
  live(ids: string[]): Promise<LiveAnswer> {
    return this.ask('live', { ids: ids.join(',') });
  }

  /** Samples of the history between two times (milliseconds); of all metrics where none are named. */
  async samples(ids: string[], metrics: string[] | undefined, from: number, to: number): Promise<SavedAnswer> {
    const times = { ids: ids.join(','), from: String(Math.floor(from)), to: String(Math.ceil(to)) };
    const parts = metrics ? chunks(metrics, mostNames).map((names) => ({ metrics: names.join(',') })) : [{}];
    const answers = await Promise.all(
      parts.map((part) =>
        this.ask<{ now: number; targets: SentSeries[][] }>('live/samples', { ...times, ...part }, patience.history)
      )
    );
    return {
      now: answers[0]?.now ?? to,
      targets: ids.map((_, i) => answers.flatMap(({ targets }) => (targets[i] ?? []).map(read))),
    };
  }

  /** Why figures of a query may be missing, over a range of so many milliseconds. */
  reasons(query: object, range: number): Promise<Reasons> {
    return this.ask('live/reasons', { query: JSON.stringify(query), range: String(range) });
  }

  private async ask<Answer>(path: string, params?: Record<string, string>, limit = patience.usual): Promise<Answer> {
    try {
      const answer = from(this.get(path, params)).pipe(timeout(limit));
      return ((await lastValueFrom(answer)) as { data: Answer }).data;
    } catch (error) {
      if (error instanceof TimeoutError) {
        throw new RouteError(0, `no answer within ${printDuration(limit)}`);
      }
      const {
        status = 0,
        statusText,
        data,
      } = error as { status?: number; statusText?: string; data?: { error?: string } };
      throw new RouteError(
        status,
        data?.error ?? (statusText || (error instanceof Error ? error.message : 'no answer'))
      );
    }
  }
}

interface SentSeries {
  labels: Record<string, string>;
  times: number[];
  /** What JSON has no number for is a word. */
  values: Array<number | 'NaN' | '+Inf' | '-Inf' | 'stale'>;
}

const words = { NaN: NaN, '+Inf': Infinity, '-Inf': -Infinity, stale: NaN };

function read({ labels, times, values }: SentSeries): SavedSeries {
  return {
    labels,
    times,
    values: values.map((value) => (typeof value === 'number' ? value : words[value])),
    stale: values.map((value) => Number(value === 'stale')),
  };
}

export function chunks<Item>(all: readonly Item[], size: number): Item[][] {
  return Array.from({ length: Math.ceil(all.length / size) }, (_, i) => all.slice(i * size, (i + 1) * size));
}
