import { type QueryResultMetaNotice } from '@grafana/data';
import { from, lastValueFrom, timeout, TimeoutError } from 'rxjs';
import { t } from '../i18n';
import { type Hint } from '../promqlEdits';
import { type TargetKind } from '../signals/types';
import { printDuration } from '../signals/window';
import { type Gauge, type HistorySeries } from './SampleBuffer';

/** A target as the resource `targets` returns it, as far as live mode uses it. */
export interface Target {
  id: string;
  kind: TargetKind;
  labels: Record<string, string>;
  facts: Record<string, string> | null;
}

/** The status of a target and its last live scrape, as the resource `live` returns it. */
export interface TargetStatus {
  id: string;
  /** Start of the scrape, milliseconds since 1970 by the backend's clock; undefined before the first scrape. */
  time?: number;
  /** Scrape duration. */
  seconds: number;
  state: 'pending' | 'up' | 'starting' | 'down' | 'vanished' | 'duplicate' | 'load-balancer' | 'unlisted';
  message?: string;
  labels: Record<string, string>;
  gauges: Gauge[];
  /** Response body; undefined when the scrape failed. */
  text?: string;
  /** For how many seconds the next scrape has been running. */
  waiting?: number;
  /** Another target has taken over this one's node. No samples are written for this one. */
  elsewhere?: boolean;
  trouble?: Trouble;
}

/** A problem of a target. Its notice reads: `what`, the names of the targets, a full stop, `change`. */
export interface Trouble {
  severity: 'info' | 'warning' | 'error';
  what: string;
  change: string;
}

export interface LiveResponse {
  /** The backend's clock. */
  now: number;
  targets: TargetStatus[];
}

export interface HistoryResponse {
  now: number;
  /** The series of each requested target. */
  targets: HistorySeries[][];
}

/** Why values of a query may be missing, as far as the history tells. */
export interface Reasons {
  /** Shown when a node has no value. */
  missing: QueryResultMetaNotice[];
  /** Always shown. */
  besides: QueryResultMetaNotice[];
  /** What is probably a mistake in PromQL, with the fixes that the query editor offers. */
  hints: Hint[];
  /** Nodes have no value only because they have just been discovered. */
  passing?: boolean;
}

/** A failed request. The message is the backend's. */
export class BackendError extends Error {
  constructor(
    readonly status: number,
    message: string
  ) {
    super(message);
    this.name = 'BackendError';
  }
}

/** Requests a resource of the backend. */
export type Get = (path: string, params?: Record<string, string>) => Promise<unknown>;

/** Time limits of requests in milliseconds. Responses with history may be large. */
const timeoutMs = { usual: 10_000, history: 60_000 };

/** Metric names in one request; more would exceed the length of a URL. */
const maxMetricNames = 60;

/** The backend's resources that live mode uses. All methods reject with a {@link BackendError}. */
export class BackendClient {
  constructor(private readonly get: Get) {}

  targets(): Promise<Target[]> {
    return this.request('targets');
  }

  /** The last live scrapes of at most 20 targets. */
  live(ids: string[]): Promise<LiveResponse> {
    return this.request('live', { ids: ids.join(',') });
  }

  /** Samples of the history between two times in milliseconds; of all metrics when `metrics` is undefined. */
  async samples(ids: string[], metrics: string[] | undefined, from: number, to: number): Promise<HistoryResponse> {
    const times = { ids: ids.join(','), from: String(Math.floor(from)), to: String(Math.ceil(to)) };
    const parts = metrics ? chunks(metrics, maxMetricNames).map((names) => ({ metrics: names.join(',') })) : [{}];
    const responses = await Promise.all(
      parts.map((part) =>
        this.request<{ now: number; targets: EncodedSeries[][] }>(
          'live/samples',
          { ...times, ...part },
          timeoutMs.history
        )
      )
    );
    return {
      now: responses[0]?.now ?? to,
      targets: ids.map((_, i) => responses.flatMap(({ targets }) => (targets[i] ?? []).map(decode))),
    };
  }

  /** Why values of a query may be missing, over a range in milliseconds. */
  reasons(query: object, range: number): Promise<Reasons> {
    return this.request('live/reasons', { query: JSON.stringify(query), range: String(range) });
  }

  private async request<Data>(path: string, params?: Record<string, string>, limitMs = timeoutMs.usual): Promise<Data> {
    try {
      const response = from(this.get(path, params)).pipe(timeout(limitMs));
      return ((await lastValueFrom(response)) as { data: Data }).data;
    } catch (error) {
      if (error instanceof TimeoutError) {
        throw new BackendError(
          0,
          t('live.no-response', 'no response within {{time}}', { time: printDuration(limitMs) })
        );
      }
      const {
        status = 0,
        statusText,
        data,
      } = error as { status?: number; statusText?: string; data?: { error?: string } };
      throw new BackendError(
        status,
        data?.error ?? (statusText || (error instanceof Error ? error.message : 'no response'))
      );
    }
  }
}

interface EncodedSeries {
  labels: Record<string, string>;
  times: number[];
  /** Values that JSON numbers cannot express are strings. */
  values: Array<number | 'NaN' | '+Inf' | '-Inf' | 'stale'>;
}

const specialValues = { NaN: NaN, '+Inf': Infinity, '-Inf': -Infinity, stale: NaN };

function decode({ labels, times, values }: EncodedSeries): HistorySeries {
  return {
    labels,
    times,
    values: values.map((value) => (typeof value === 'number' ? value : specialValues[value])),
    stale: values.map((value) => Number(value === 'stale')),
  };
}

export function chunks<Item>(all: readonly Item[], size: number): Item[][] {
  return Array.from({ length: Math.ceil(all.length / size) }, (_, i) => all.slice(i * size, (i + 1) * size));
}
