import {
  type AdHocVariableFilter,
  type CoreApp,
  type DataQueryRequest,
  type DataQueryResponse,
  type DataSourceGetTagValuesOptions,
  type DataSourceInstanceSettings,
  type LegacyMetricFindQueryOptions,
  type MetricFindValue,
  type ScopedVars,
  type TestDataSourceResponse,
} from '@grafana/data';
import { DataSourceWithBackend, getTemplateSrv, HealthCheckError, HealthStatus } from '@grafana/runtime';
import { catchError, from, map, merge, type Observable, switchMap } from 'rxjs';
import { IDENTITY, targetLabels, replaceMacros } from './expression';
import { t } from './i18n';
import { type LiveExecutor } from './live/LiveExecutor';
import { addLiveNotices, describeLiveObstacle, splitByExecutor } from './liveQueries';
import {
  type CompleteQuery,
  type FalcoQuery,
  type FalcoVariableQuery,
  type Filter,
  isComplete,
  migrateQuery,
  NEW_QUERY,
  withDefaults,
} from './query';
import { DEFAULTS, type FalcoSettings } from './settings';
import { catalogue } from './signals';
import { interpolateAdHocFilters, interpolateFilters, interpolateQuery } from './interpolate';
import { refine } from './appearance';
import { restoreInfiniteSteps } from './thresholds';

/** Sends queries to the live executor or to the plugin's backend, and loads labels and metrics for the editors. */
export class FalcoDataSource extends DataSourceWithBackend<FalcoQuery, FalcoSettings> {
  readonly settings: FalcoSettings;
  private executor?: Promise<LiveExecutor>;

  constructor(
    instanceSettings: DataSourceInstanceSettings<FalcoSettings>,
    private readonly templateSrv = getTemplateSrv()
  ) {
    super(instanceSettings);
    this.settings = instanceSettings.jsonData ?? {};
    // The smallest step that Grafana asks for. A smaller one would only repeat samples.
    this.interval = this.settings.scrapeInterval || DEFAULTS.scrapeInterval;
  }

  override getDefaultQuery(_app: CoreApp): Partial<FalcoQuery> {
    return NEW_QUERY;
  }

  override query(request: DataQueryRequest<FalcoQuery>): Observable<DataQueryResponse> {
    const { live, backend, obstacles } = splitByExecutor(request, this.settings);
    const responses = live.map((query) => this.queryLive(query, request));
    if (backend.length > 0 || responses.length === 0) {
      responses.push(this.queryBackend({ ...request, targets: backend }, obstacles));
    }
    return merge(...responses).pipe(map((response) => refine(restoreInfiniteSteps(response), request)));
  }

  override filterQuery(query: FalcoQuery): boolean {
    return !query.hide && isComplete(withDefaults(migrateQuery(query)));
  }

  override applyTemplateVariables(
    query: FalcoQuery,
    scopedVars: ScopedVars,
    adHoc?: AdHocVariableFilter[]
  ): FalcoQuery {
    return interpolateQuery(withDefaults(migrateQuery(query)), this.templateSrv, scopedVars, adHoc);
  }

  override getQueryDisplayText(stored: FalcoQuery): string {
    const query = withDefaults(migrateQuery(stored));
    if (query.queryType === 'promql') {
      return query.expr ?? '';
    }
    const titles = listTitles(query).join(', ');
    const subject = query.queryType === 'signal' ? titles : [query.queryType, titles].filter(Boolean).join(': ');
    const filters = query.filters.map(({ key, operator, value }) => `${key}${operator}"${value}"`);
    return filters.length > 0 ? `${subject} {${filters.join(', ')}}` : subject;
  }

  /**
   * Tests the settings. Unlike its base class, it shows the details of a test that succeeds, and a warning if they contain
   * a problem.
   */
  override async testDatasource(): Promise<TestDataSourceResponse> {
    const { status, message, details } = await this.callHealthCheck();
    if (status !== HealthStatus.OK) {
      return Promise.reject({ status: 'error', message, error: new HealthCheckError(message, details) });
    }
    return { status: details?.message ? 'warning' : 'success', message, details };
  }

  /** Label names of the available samples. */
  labels(): Promise<string[]> {
    return this.loadList('labels');
  }

  /** Values of a label (or of a grouping: version, engine, kernel) on the available samples that match the filters. */
  labelValues(label: string, filters: Filter[] = []): Promise<string[]> {
    const params = filters.length > 0 ? { filters: JSON.stringify(filters) } : undefined;
    return this.loadList(`labels/${encodeURIComponent(label)}/values`, params);
  }

  /** Names of the available metrics. */
  metrics(): Promise<string[]> {
    return this.loadList('metrics');
  }

  /** A catalogue expression as the backend sends it to Prometheus, with the identity labels of that server. */
  async rewriteExpression(expr: string): Promise<string> {
    const { text, restore } = replaceMacros(expr);
    const { data } = await this.getResource<{ data: string }>('expression', { expr: text }, { showErrorAlert: false });
    return restore(data);
  }

  override async metricFindQuery(
    query: FalcoVariableQuery | undefined,
    options: LegacyMetricFindQueryOptions = {}
  ): Promise<MetricFindValue[]> {
    if (!query?.label) {
      return [];
    }
    const scopedVars = options.scopedVars ?? {};
    const filters = interpolateFilters(query.filters ?? [], this.templateSrv, scopedVars);
    const values = await this.labelValues(this.templateSrv.replace(query.label, scopedVars), filters);
    return values.map((text) => ({ text }));
  }

  /** Keys of ad hoc filters. These filters apply to every panel of a dashboard, so only labels that every signal has are offered. */
  override getTagKeys(): Promise<MetricFindValue[]> {
    return Promise.resolve([...IDENTITY, ...targetLabels(this.settings)].map((text) => ({ text })));
  }

  override async getTagValues({
    key,
    filters,
  }: Pick<DataSourceGetTagValuesOptions<FalcoQuery>, 'key' | 'filters'>): Promise<MetricFindValue[]> {
    const values = await this.labelValues(key, interpolateAdHocFilters(filters, this.templateSrv));
    return values.map((text) => ({ text }));
  }

  private queryLive(stored: FalcoQuery, request: DataQueryRequest<FalcoQuery>): Observable<DataQueryResponse> {
    const { range, intervalMs: interval, maxDataPoints = 1000, scopedVars, filters } = request;
    // Rounded because Grafana evaluates the two ends of a relative range a few milliseconds apart.
    const rangeMs = Math.round((range.to.valueOf() - range.from.valueOf()) / 1000) * 1000;
    const times = { range: rangeMs, interval, maxDataPoints };
    const query = withDefaults(this.applyTemplateVariables(stored, scopedVars, filters));
    const fallBack = (_: CompleteQuery, obstacle: string | undefined) => {
      const { refId } = query;
      // A request with the same id would cancel the request for the other queries.
      const requestId = `${request.requestId}-${refId}`;
      const obstacles = new Map(obstacle === undefined ? [] : [[refId, describeLiveObstacle(query, obstacle)]]);
      return this.queryBackend({ ...request, requestId, targets: [{ ...stored, live: false }] }, obstacles).pipe(
        map((response) => ({ ...response, key: `live-${refId}` }))
      );
    };
    return from(this.loadLiveExecutor()).pipe(
      switchMap((executor) => executor.execute(query, times, fallBack)),
      catchError(() =>
        fallBack(query, t('live.obstacle-load', 'the live part of the plugin could not be loaded; reload the page'))
      )
    );
  }

  private queryBackend(
    request: DataQueryRequest<FalcoQuery>,
    obstacles: ReadonlyMap<string, string>
  ): Observable<DataQueryResponse> {
    const responses = super.query(request);
    return obstacles.size === 0 ? responses : responses.pipe(map((response) => addLiveNotices(response, obstacles)));
  }

  /** Loads the live executor, which is in its own chunk: dashboards without live panels never load it. */
  private loadLiveExecutor(): Promise<LiveExecutor> {
    this.executor ??= import('./live/LiveExecutor').then(
      ({ LiveExecutor }) =>
        new LiveExecutor(this.settings, (path, params) => this.getResource(path, params, { showErrorAlert: false })),
      (error) => {
        this.executor = undefined; // the next query tries again
        throw error;
      }
    );
    return this.executor;
  }

  /** Loads a list from the backend. Callers report failures, so Grafana shows no alert of its own. */
  private async loadList(path: string, params?: Record<string, string>): Promise<string[]> {
    const response = await this.getResource<{ data?: string[] | null }>(path, params, { showErrorAlert: false });
    return response.data ?? [];
  }
}

/** The titles of the ids in a query. An id that this version does not know is returned unchanged. */
function listTitles({ queryType, signals = [] }: FalcoQuery): string[] {
  return signals.map((id) => {
    if (queryType === 'events') {
      return catalogue.events.find((event) => event.id === id)?.title ?? id;
    }
    const checked = queryType === 'health' ? catalogue.checks.find((check) => check.id === id)?.signal : undefined;
    return catalogue.signals.find((signal) => signal.id === (checked ?? id))?.title ?? id;
  });
}
