import {
  AbstractLabelOperator,
  type AbstractQuery,
  type AdHocVariableFilter,
  CoreApp,
  type DataFrame,
  type DataQueryRequest,
  type DataQueryResponse,
  type DataSourceApi,
  type DataSourceGetTagValuesOptions,
  type DataSourceInstanceSettings,
  type DataSourceWithQueryExportSupport,
  type DataSourceWithQueryModificationSupport,
  type DataSourceWithToggleableQueryFiltersSupport,
  getDefaultTimeRange,
  type LegacyMetricFindQueryOptions,
  type MetricFindValue,
  type QueryFilterOptions,
  type QueryFixAction,
  type ScopedVars,
  type TestDataSourceResponse,
  type ToggleFilterAction,
} from '@grafana/data';
import { DataSourceWithBackend, getTemplateSrv, HealthCheckError, HealthStatus } from '@grafana/runtime';
import { type DataQuery } from '@grafana/schema';
import { catchError, from, lastValueFrom, map, merge, type Observable, switchMap } from 'rxjs';
import { addTables, hasFilter, readFilter, readTables, toggleFilter } from './explore';
import { compileExpressions, IDENTITY, targetLabels, replaceMacros } from './expression';
import { t } from './i18n';
import { type LiveExecutor } from './live/LiveExecutor';
import { addLiveNotices, describeLiveObstacle, splitByExecutor } from './liveQueries';
import {
  type CompleteQuery,
  type FalcoQuery,
  type FalcoVariableQuery,
  type Filter,
  type FilterOperator,
  isComplete,
  migrateQuery,
  NEW_QUERY,
  QUERY_VERSION,
  withDefaults,
} from './query';
import type * as PromqlEdits from './promqlEdits';
import { DEFAULTS, type FalcoSettings } from './settings';
import { catalogue } from './signals';
import { interpolateAdHocFilters, interpolateFilters, interpolateQuery } from './interpolate';
import { refine } from './appearance';
import { restoreInfiniteSteps } from './thresholds';

/** Sends queries to the live executor or to the plugin's backend, and loads labels and metrics for the editors. */
export class FalcoDataSource
  extends DataSourceWithBackend<FalcoQuery, FalcoSettings>
  implements
    DataSourceWithToggleableQueryFiltersSupport<FalcoQuery>,
    DataSourceWithQueryModificationSupport<FalcoQuery>,
    DataSourceWithQueryExportSupport<FalcoQuery>
{
  readonly settings: FalcoSettings;
  private executor?: Promise<LiveExecutor>;
  /** Changes PromQL. Loaded with the first PromQL query in Explore, because Explore expects the changed query at once. */
  private edits?: typeof PromqlEdits;

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
    // Grafana adds this to stored queries that lack a field. Signals would restrict a query of another type.
    return { queryType: NEW_QUERY.queryType };
  }

  override query(original: DataQueryRequest<FalcoQuery>): Observable<DataQueryResponse> {
    const request = addTables(original);
    if (request.app === CoreApp.Explore && request.targets.some(({ expr }) => expr !== undefined)) {
      loadEdits().then(
        (edits) => (this.edits = edits),
        () => {} // the next query tries again
      );
    }
    const { live, backend, obstacles } = splitByExecutor(request, this.settings);
    const responses = live.map((query) => this.queryLive(query, request));
    if (backend.length > 0 || responses.length === 0) {
      responses.push(this.queryBackend({ ...request, targets: backend }, obstacles));
    }
    return merge(...responses).pipe(
      map((response) => refine(restoreInfiniteSteps(response), request)),
      map((response) => readTables(response, request, this.settings, this.dashboardKeys()))
    );
  }

  /** Adds a filter for or out, in place of its opposite, or removes it if the query has it. */
  toggleQueryFilter(stored: FalcoQuery, action: ToggleFilterAction): FalcoQuery {
    const query = migrateQuery(stored);
    const filter = readFilter(action);
    if (!filter) {
      return query;
    }
    if (query.queryType !== 'promql') {
      return toggleFilter(query, filter, this.settings);
    }
    return this.edits ? { ...query, expr: this.edits.toggleMatcher(query.expr ?? '', filter) } : query;
  }

  queryHasFilter(stored: FalcoQuery, options: QueryFilterOptions): boolean {
    const query = migrateQuery(stored);
    const filter = readFilter({ type: 'FILTER_FOR', options });
    if (!filter) {
      return false;
    }
    return query.queryType === 'promql'
      ? this.edits?.hasMatcher(query.expr ?? '', filter) === true
      : hasFilter(query, filter);
  }

  override modifyQuery(query: FalcoQuery, { type, options = {} }: QueryFixAction): FalcoQuery {
    const isNew = type === 'ADD_FILTER' || type === 'ADD_FILTER_OUT';
    const action: ToggleFilterAction = { type: type === 'ADD_FILTER' ? 'FILTER_FOR' : 'FILTER_OUT', options };
    return isNew ? this.toggleQueryFilter(query, action) : query;
  }

  getSupportedQueryModifications(): string[] {
    return ['ADD_FILTER', 'ADD_FILTER_OUT'];
  }

  /** Takes over queries when Explore changes from a Prometheus data source to this one. */
  override importQueries(queries: DataQuery[], origin: DataSourceApi<DataQuery>): Promise<FalcoQuery[]> {
    return Promise.resolve(origin.type.includes('prometheus') ? queries.flatMap(importPromql) : []);
  }

  /** Hands queries over when Explore changes to another data source: Grafana takes the metric and the labels of a selector. */
  async exportToAbstractQueries(queries: FalcoQuery[]): Promise<AbstractQuery[]> {
    const { firstSelector } = await loadEdits();
    return Promise.all(
      queries.map(async (stored) => {
        const expr = await this.expressionOf(withDefaults(migrateQuery(stored)));
        const labelMatchers = firstSelector(expr).map(({ key, operator, value }) => ({
          name: key,
          operator: ABSTRACT_OPERATORS[operator],
          value,
        }));
        return { refId: stored.refId, labelMatchers };
      })
    );
  }

  /** The PromQL of a query, as the samples are labelled; empty if it has none. */
  private async expressionOf(query: CompleteQuery): Promise<string> {
    if (query.queryType !== 'signal') {
      return query.queryType === 'promql' ? (query.expr ?? '') : '';
    }
    try {
      const [first] = compileExpressions(query, this.settings);
      const expr = first?.expr ?? '';
      return this.settings.mode === 'prometheus' ? await this.rewriteExpression(expr) : expr;
    } catch {
      return ''; // the query editor shows why it does not compile
    }
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

  /** Names of the labels on the samples of some metrics, or of all, as PromQL uses them. */
  sampleLabels(metrics: string[]): Promise<string[]> {
    return this.loadList('promql/labels', { metric: metrics });
  }

  /** Values of a label on the samples of a metric that pass the matchers, as PromQL uses them. */
  sampleValues(label: string, metric: string | undefined, matchers: Filter[]): Promise<string[]> {
    return this.loadList(`promql/labels/${encodeURIComponent(label)}/values`, {
      ...(metric !== undefined && { metric: [metric] }),
      ...(matchers.length > 0 && { filters: JSON.stringify(matchers) }),
    });
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
    const scopedVars = options.scopedVars ?? {};
    const asOptions = (texts: string[]) => texts.map((text) => ({ text }));
    switch (query?.queryType) {
      case 'labels':
        return asOptions(await this.labels());
      case 'metrics':
        return asOptions(await this.metrics());
      case 'signals':
        return catalogue.signals.map(({ id, title }) => ({ text: title, value: id }));
      case 'promql':
        return query.expr?.trim() ? asOptions(await this.listSeries(query.expr, options)) : [];
      default: {
        if (!query?.label) {
          return [];
        }
        const filters = interpolateFilters(query.filters ?? [], this.templateSrv, scopedVars);
        return asOptions(await this.labelValues(this.templateSrv.replace(query.label, scopedVars), filters));
      }
    }
  }

  /** The series of an expression at the end of the time range, as the variables of Prometheus list them: `up{node="a"} 1 1700000000000`. */
  private async listSeries(
    expr: string,
    { range = getDefaultTimeRange(), scopedVars = {} }: LegacyMetricFindQueryOptions
  ): Promise<string[]> {
    const target: FalcoQuery = { refId: 'variable', queryType: 'promql', expr, instant: true, version: QUERY_VERSION };
    const { data, errors } = await lastValueFrom(
      this.query({
        requestId: 'variable',
        targets: [target],
        range,
        scopedVars,
        interval: '1s',
        intervalMs: 1000,
        maxDataPoints: 1,
        timezone: 'browser',
        app: CoreApp.Dashboard,
        startTime: Date.now(),
      })
    );
    if (errors?.[0]) {
      throw new Error(errors[0].message);
    }
    return data.flatMap(({ fields }: DataFrame) =>
      fields.map(({ labels: { __name__: name = '', ...labels } = {}, values }) => {
        const pairs = Object.entries(labels).map(([key, value]) => `${key}=${JSON.stringify(value)}`);
        return `${name}{${pairs.join(',')}} ${values[0]} ${range.to.valueOf()}`;
      })
    );
  }

  /** Keys of ad hoc filters. These filters apply to every panel of a dashboard, so only labels that every signal has are offered. */
  override getTagKeys(): Promise<MetricFindValue[]> {
    return Promise.resolve(this.dashboardKeys().map((text) => ({ text })));
  }

  override async getTagValues({
    key,
    filters,
  }: Pick<DataSourceGetTagValuesOptions<FalcoQuery>, 'key' | 'filters'>): Promise<MetricFindValue[]> {
    const values = await this.labelValues(key, interpolateAdHocFilters(filters, this.templateSrv));
    return values.map((text) => ({ text }));
  }

  private dashboardKeys(): string[] {
    return [...IDENTITY, ...targetLabels(this.settings)];
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
  private async loadList(path: string, params?: Record<string, string | string[]>): Promise<string[]> {
    const response = await this.getResource<{ data?: string[] | null }>(path, params, { showErrorAlert: false });
    return response.data ?? [];
  }
}

function loadEdits(): Promise<typeof PromqlEdits> {
  return import('./promqlEdits');
}

const ABSTRACT_OPERATORS: Record<FilterOperator, AbstractLabelOperator> = {
  '=': AbstractLabelOperator.Equal,
  '!=': AbstractLabelOperator.NotEqual,
  '=~': AbstractLabelOperator.EqualRegEx,
  '!~': AbstractLabelOperator.NotEqualRegEx,
};

/** A query of Grafana's Prometheus data source as one of this data source. */
function importPromql(query: DataQuery): FalcoQuery[] {
  const { refId, hide, expr, legendFormat, format, instant, range } = query as PrometheusQuery;
  if (!expr) {
    return [];
  }
  return [
    {
      refId,
      ...(hide && { hide }),
      queryType: 'promql',
      expr,
      ...(legendFormat && legendFormat !== '__auto' && { legendFormat }),
      ...(format === 'table' && { format }),
      ...(instant && !range && { instant }),
      version: QUERY_VERSION,
    },
  ];
}

interface PrometheusQuery extends DataQuery {
  expr?: string;
  legendFormat?: string;
  format?: string;
  instant?: boolean;
  range?: boolean;
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
