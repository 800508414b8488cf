/** Which queries the browser answers live, and why the others are not; the executor itself lies in src/live. */
import { type DataQueryRequest, type DataQueryResponse } from '@grafana/data';
import { config } from '@grafana/runtime';
import { type FalcoQuery, givesSeries, migrateQuery } from './query';
import { type FalcoSettings, liveInterval } from './settings';

/** The queries of a request by who answers them. */
export interface Split {
  live: FalcoQuery[];
  others: FalcoQuery[];
  /** Why those of the others that ask for live are not, by refId. */
  ignored: Map<string, string>;
}

/** A query is live because it says so, or because Explore's live button is on. */
export function split(request: DataQueryRequest<FalcoQuery>, settings: FalcoSettings): Split {
  const all: Split = { live: [], others: [], ignored: new Map() };
  for (const stored of request.targets) {
    const query = migrateQuery(stored);
    if (!query.live && !request.liveStreaming) {
      all.others.push(stored);
      continue;
    }
    const why = notLive(query, settings, request.range.raw);
    if (why === undefined) {
      all.live.push(query);
    } else {
      // What the backend answers must not ask for live: only alert rules and expressions bring that there.
      all.others.push({ ...query, live: false });
      all.ignored.set(query.refId, ignoring(query, why));
    }
  }
  return all;
}

/** Why a query is not live, with what that does to its window. */
export function ignoring({ window, expr }: Pick<FalcoQuery, 'window' | 'expr'>, why: string): string {
  const isSinceWatched = `${window} ${expr}`.includes('__live');
  return isSinceWatched ? `${why.replace(/\.$/, '')}; $__live is the time range then` : why;
}

/** Why a query cannot be live, in words; nothing where it can. Without a range, that of the panel is not looked at. */
export function notLive(
  { queryType: kind, limit, compare }: Pick<FalcoQuery, 'queryType' | 'limit' | 'compare'>,
  settings: FalcoSettings,
  range?: DataQueryRequest['range']['raw']
): string | undefined {
  if (!givesSeries(kind)) {
    return `queries of kind ${kind} have no live figures`;
  }
  if (limit || compare) {
    return `a query with ${limit ? 'a limit' : 'a comparison'} looks at the whole range`;
  }
  if (settings.mode === 'prometheus') {
    return 'figures of a store are not scraped here';
  }
  if (!liveInterval(settings)) {
    return 'it is off in the settings of the data source (live.minInterval)';
  }
  if (config.publicDashboardAccessToken) {
    return 'shared dashboards are answered from the history';
  }
  if (!mayWatch(settings)) {
    return 'it is for editors and administrators (live.allowViewers opens it to viewers)';
  }
  if (range && (range.to !== 'now' || typeof range.from !== 'string' || !range.from.startsWith('now'))) {
    return 'the time range does not end now';
  }
  return undefined;
}

/** As far as the page can tell: the backend decides. */
function mayWatch({ live }: FalcoSettings): boolean {
  return live?.allowViewers === true || ['Editor', 'Admin'].includes(config.bootData.user.orgRole);
}

/** The answer with the reasons why it is not live, on the first frame of each query. */
export function withNotices(response: DataQueryResponse, ignored: ReadonlyMap<string, string>): DataQueryResponse {
  const told = new Set<string>();
  const data = response.data.map((frame: DataQueryResponse['data'][number]) => {
    const why = ignored.get(frame.refId);
    if (why === undefined || told.has(frame.refId)) {
      return frame;
    }
    told.add(frame.refId);
    const notice = { severity: 'info', text: `Live is ignored: ${why.replace(/\.$/, '')}.` };
    return { ...frame, meta: { ...frame.meta, notices: [...(frame.meta?.notices ?? []), notice] } };
  });
  return { ...response, data };
}
