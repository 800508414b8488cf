import { type DataFrame, type DataQueryResponse, DataTopic, FieldType, LoadingState } from '@grafana/data';
import { catchError, defer, finalize, map, type Observable, type Subscription, timer } from 'rxjs';
import { IDENTITY } from '../expression';
import { t } from '../i18n';
import { UnsupportedError } from '../promql';
import { type Hint } from '../promqlEdits';
import { type CompleteQuery } from '../query';
import { DEFAULTS, type FalcoSettings, liveInterval } from '../settings';
import { catalogue } from '../signals';
import { LiveQuery, type Snapshot } from './LiveQuery';
import { ScrapePoller, keepAliveMs } from './ScrapePoller';
import { framesOf } from './frames/frames';
import { pageIsVisible } from './pageVisibility';
import { type PanelRequest } from './macros';
import { NotLive, CompiledQuery } from './CompiledQuery';
import { type Get, BackendClient } from './BackendClient';

/** Answers a query from the history. `why` says why it is not live; undefined when the response itself says so. */
export type FallBack = (query: CompleteQuery, why: string | undefined) => Observable<DataQueryResponse>;

interface SharedQuery {
  liveQuery: LiveQuery;
  subscribers: number;
  /** The timer that ends the query after its last subscriber has left. */
  ending?: Subscription;
}

/** Answers queries in the browser, second by second. There is one per data source. */
export class LiveExecutor {
  private readonly backend: BackendClient;
  private readonly poller: ScrapePoller;
  private readonly queries = new Map<string, SharedQuery>();

  constructor(
    private readonly settings: FalcoSettings,
    get: Get
  ) {
    this.backend = new BackendClient(get);
    const { sampleLimit, labelValueLengthLimit, labelLimit } = { ...DEFAULTS.limits, ...settings.limits };
    this.poller = new ScrapePoller(this.backend, {
      intervalMs: liveInterval(settings),
      rules: catalogue.reading,
      limits: { sampleLimit, labelValueLengthLimit, labelLimit },
      visible: pageIsVisible,
    });
  }

  /** Emits complete frames per tick. A query that cannot be live, or fails, is answered by `fallBack`. */
  execute(query: CompleteQuery, request: PanelRequest, fallBack: FallBack): Observable<DataQueryResponse> {
    return defer(() => {
      let compiled: CompiledQuery;
      try {
        compiled = new CompiledQuery(query, request, this.settings);
      } catch (error) {
        return fallBack(query, reasonOf(error));
      }
      return this.observe(compiled).pipe(
        map(({ snapshot, compiled }) => toResponse(snapshot, compiled, query)),
        catchError((error: unknown) => fallBack(query, messageOf(error)))
      );
    });
  }

  /** Panels with the same query share one LiveQuery. */
  private observe(compiled: CompiledQuery): Observable<{ snapshot: Snapshot; compiled: CompiledQuery }> {
    const shared = this.queries.get(compiled.key) ?? {
      liveQuery: new LiveQuery(compiled, this.poller, this.backend),
      subscribers: 0,
    };
    this.queries.set(compiled.key, shared);
    shared.ending?.unsubscribe();
    shared.subscribers++;
    return shared.liveQuery.observe().pipe(
      map((snapshot) => ({ snapshot, compiled: shared.liveQuery.compiled })),
      finalize(() => {
        if (--shared.subscribers === 0) {
          shared.ending = timer(keepAliveMs).subscribe(() => this.queries.delete(compiled.key));
        }
      })
    );
  }
}

/** Why a query cannot be live; undefined for an invalid query, which the backend explains. */
function reasonOf(error: unknown): string | undefined {
  return error instanceof NotLive || error instanceof UnsupportedError ? error.message || undefined : undefined;
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

const orders = { [catalogue.priority.label]: catalogue.priority.words };

function toResponse(
  { results, notices, hints, error, switchedAt }: Snapshot,
  compiled: CompiledQuery,
  query: CompleteQuery
): DataQueryResponse {
  const { refId, legendFormat, unit, format, instant } = query;
  const base = { key: `live-${refId}`, state: LoadingState.Streaming };
  if (error !== undefined) {
    return { ...base, data: [], errors: [{ refId, message: error }] };
  }
  // Ticks are not exactly periodic. Graphs break a line when two ticks are missing, not when one is late.
  const step = instant ? undefined : 2 * compiled.step;
  const table = format === 'table';
  try {
    const options = { refId, legendFormat, unit, identity: IDENTITY, orders, step, table, notices };
    const frames = addHints(framesOf(results, options), hints);
    const mark = switchedAt === undefined || table ? [] : [markAt(switchedAt)];
    return { ...base, data: [...frames, ...mark] };
  } catch (thrown) {
    return {
      ...base,
      data: [],
      errors: [{ refId, message: messageOf(thrown) }],
    };
  }
}

/** The query editor reads hints from the first frame, as it does with those of the backend. */
function addHints([first, ...others]: DataFrame[], hints: Hint[]): DataFrame[] {
  if (!first || hints.length === 0) {
    return first ? [first, ...others] : [];
  }
  return [{ ...first, meta: { ...first.meta, custom: { ...first.meta?.custom, hints } } }, ...others];
}

/** An annotation at the time at which rates switched to live scrapes only. */
function markAt(time: number): DataFrame {
  const values: Array<[string, FieldType, unknown]> = [
    ['time', FieldType.time, time],
    ['title', FieldType.string, t('live.mark-title', 'Live')],
    ['text', FieldType.string, t('live.mark', 'From here on, the windows of rates hold live scrapes only.')],
    ['color', FieldType.string, 'blue'],
  ];
  const fields = values.map(([name, type, value]) => ({ name, type, config: {}, values: [value] }));
  return { name: 'Live', meta: { dataTopic: DataTopic.Annotations }, fields, length: 1 };
}
