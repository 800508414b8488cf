/** Decides which queries of a request run live in the browser. The live executor is in src/live. */
import { type DataQueryRequest, type DataQueryResponse } from '@grafana/data';
import { config } from '@grafana/runtime';
import { t } from './i18n';
import { type FalcoQuery, migrateQuery, returnsSeries } from './query';
import { type FalcoSettings, liveInterval } from './settings';

/** The queries of a request, by executor. */
export interface QueriesByExecutor {
  live: FalcoQuery[];
  backend: FalcoQuery[];
  /** For backend queries that ask for live updates: why they do not get them, by refId. */
  obstacles: Map<string, string>;
}

/** Splits a request. A query is live if its `live` field is set or if the live button of Explore is on. */
export function splitByExecutor(request: DataQueryRequest<FalcoQuery>, settings: FalcoSettings): QueriesByExecutor {
  const queries: QueriesByExecutor = { live: [], backend: [], obstacles: new Map() };
  for (const stored of request.targets) {
    const query = migrateQuery(stored);
    if (!query.live && !request.liveStreaming) {
      queries.backend.push(stored);
      continue;
    }
    const obstacle = findLiveObstacle(query, settings, request.range.raw);
    if (obstacle === undefined) {
      queries.live.push(query);
    } else {
      // The backend reports every live query that it receives, because those come from alert rules and expressions.
      queries.backend.push({ ...query, live: false });
      queries.obstacles.set(query.refId, describeLiveObstacle(query, obstacle));
    }
  }
  return queries;
}

/** The obstacle, followed by what it means for a query that uses `$__live`. */
export function describeLiveObstacle({ window, expr }: Pick<FalcoQuery, 'window' | 'expr'>, obstacle: string): string {
  const usesLiveMacro = `${window} ${expr}`.includes('__live');
  return usesLiveMacro
    ? t('live.obstacle-macro', '{{obstacle}}; $__live is replaced by the time range', {
        obstacle: obstacle.replace(/\.$/, ''),
      })
    : obstacle;
}

/** Why a query cannot be live, as a clause; undefined if it can. The time range is checked only if it is given. */
export function findLiveObstacle(
  { queryType, limit, compare }: Pick<FalcoQuery, 'queryType' | 'limit' | 'compare'>,
  settings: FalcoSettings,
  range?: DataQueryRequest['range']['raw']
): string | undefined {
  if (!returnsSeries(queryType)) {
    return t('live.obstacle-type', '{{type}} queries do not support live updates', { type: queryType });
  }
  if (limit) {
    return t('live.obstacle-limit', 'a query with a limit needs the whole time range');
  }
  if (compare) {
    return t('live.obstacle-compare', 'a query with a comparison needs the whole time range');
  }
  if (settings.mode === 'prometheus') {
    return t('live.obstacle-mode', 'the data source reads from Prometheus and does not scrape Falco');
  }
  if (!liveInterval(settings)) {
    return t('live.obstacle-off', 'live updates are turned off in the data source settings (live.minInterval is 0)');
  }
  if (config.publicDashboardAccessToken) {
    return t('live.obstacle-shared', 'shared dashboards do not support live updates');
  }
  if (!canViewLive(settings)) {
    return t(
      'live.obstacle-viewer',
      'only editors and administrators can view live updates (live.allowViewers is off in the data source settings)'
    );
  }
  if (range && (range.to !== 'now' || typeof range.from !== 'string' || !range.from.startsWith('now'))) {
    return t('live.obstacle-range', 'the time range does not end at now');
  }
  return undefined;
}

/** A guess from the organisation role. The backend decides. */
function canViewLive({ live }: FalcoSettings): boolean {
  return live?.allowViewers === true || ['Editor', 'Admin'].includes(config.bootData.user.orgRole);
}

/** Adds each obstacle as a notice to the first frame of its query. */
export function addLiveNotices(response: DataQueryResponse, obstacles: ReadonlyMap<string, string>): DataQueryResponse {
  const notified = new Set<string>();
  const data = response.data.map((frame: DataQueryResponse['data'][number]) => {
    const obstacle = obstacles.get(frame.refId);
    if (obstacle === undefined || notified.has(frame.refId)) {
      return frame;
    }
    notified.add(frame.refId);
    const text = t('live.ignored', 'Live is ignored: {{obstacle}}.', { obstacle: obstacle.replace(/\.$/, '') });
    const notice = { severity: 'info', text };
    return { ...frame, meta: { ...frame.meta, notices: [...(frame.meta?.notices ?? []), notice] } };
  });
  return { ...response, data };
}
