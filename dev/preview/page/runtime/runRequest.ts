/** Runs the queries of a panel and emits PanelData for every packet of the response. */
import {
  LoadingState,
  dateMath,
  toDataFrame,
  type DataFrame,
  type DataQueryRequest,
  type DataQueryResponse,
  type DataSourceApi,
  type PanelData,
} from '@grafana/data';
import { toDataQueryError } from '@grafana/runtime';
import { from, isObservable, merge, of, timer, type Observable } from 'rxjs';
import { catchError, finalize, map, scan, share, takeUntil } from 'rxjs/operators';

/** Milliseconds after which a panel without a response shows that it is loading. */
const LOADING_AFTER = 200;

type QueryFunction = DataSourceApi['query'];

export function runRequest(
  source: DataSourceApi,
  request: DataQueryRequest,
  query: QueryFunction = source.query.bind(source)
): Observable<PanelData> {
  const empty: PanelData = { state: LoadingState.Loading, series: [], request, timeRange: request.range };
  const targets = request.targets.filter((target) => !target.hide && (source.filterQuery?.(target) ?? true));
  if (targets.length === 0) {
    return of({ ...empty, state: LoadingState.Done });
  }
  const packets = start(query, { ...request, targets }).pipe(
    scan(merged, new Map<string, DataQueryResponse>()),
    map((all) => asPanelData(empty, [...all.values()])),
    catchError((error: unknown) => {
      const failure = toDataQueryError(error);
      return of({ ...empty, state: LoadingState.Error, error: failure, errors: [failure] });
    }),
    finalize(() => {
      request.endTime = Date.now();
    }),
    share()
  );
  return merge(
    timer(LOADING_AFTER).pipe(
      map(() => empty),
      takeUntil(packets)
    ),
    packets
  );
}

function start(query: QueryFunction, request: DataQueryRequest): Observable<DataQueryResponse> {
  try {
    const answer = query(request);
    return isObservable(answer) ? answer : from(answer);
  } catch (error) {
    return from(Promise.reject(error instanceof Error ? error : new Error(String(error))));
  }
}

/** A packet replaces the previous one with the same key. A packet without a key replaces all. */
function merged(packets: Map<string, DataQueryResponse>, packet: DataQueryResponse): Map<string, DataQueryResponse> {
  return new Map(packets).set(packet.key ?? 'A', packet);
}

function asPanelData(empty: PanelData, packets: DataQueryResponse[]): PanelData {
  const frames: DataFrame[] = packets.flatMap(({ data }) => data.map((frame) => toDataFrame(frame)));
  const errors = packets.flatMap((packet) => packet.errors ?? (packet.error ? [packet.error] : []));
  const states = packets.map(({ state }) => state ?? LoadingState.Done);
  const state =
    errors.length > 0
      ? LoadingState.Error
      : ([LoadingState.Loading, LoadingState.Streaming].find((other) => states.includes(other)) ?? LoadingState.Done);
  const { raw } = empty.timeRange;
  // A relative range moves on while data is streamed.
  const timeRange =
    state === LoadingState.Streaming
      ? {
          ...empty.timeRange,
          from: dateMath.toDateTime(raw.from, {}) ?? empty.timeRange.from,
          to: dateMath.toDateTime(raw.to, { roundUp: true }) ?? empty.timeRange.to,
        }
      : empty.timeRange;
  return {
    ...empty,
    state,
    timeRange,
    series: frames.filter((frame) => frame.meta?.dataTopic !== 'annotations'),
    annotations: frames.filter((frame) => frame.meta?.dataTopic === 'annotations'),
    ...(errors.length > 0 ? { error: errors[0], errors } : {}),
  };
}
