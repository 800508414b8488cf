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
} from '@grafana/data';
import { DataSourceWithBackend, getTemplateSrv } from '@grafana/runtime';
import { catchError, from, map, merge, type Observable, switchMap } from 'rxjs';
import { IDENTITY, targetLabels, withoutMacros } from './expression';
import { type LiveExecutor } from './live/LiveExecutor';
import { ignoring, split, withNotices } from './live-queries';
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
import { fromAdHoc, interpolateFilters, interpolateQuery } from './templates';
import { withOpenSteps } from './thresholds';

/** Sends a query to its executor, here or in the plugin's backend, and looks up labels there for the editors. */
export class FalcoDataSource extends DataSourceWithBackend<FalcoQuery, FalcoSettings> {
  readonly settings: FalcoSettings;
  private executor?: Promise<LiveExecutor>;

  constructor(
    instanceSettings: DataSourceInstanceSettings<FalcoSettings>,
    private readonly templateSrv = getTemplateSrv()
  ) {
    super(instanceSettings);
    this.settings = instanceSettings.jsonData ?? {};
    // Grafana's shortest step: more points than scrapes would show nothing more.
    this.interval = this.settings.scrapeInterval || DEFAULTS.scrapeInterval;
  }

  override getDefaultQuery(_app: CoreApp): Partial<FalcoQuery> {
    return NEW_QUERY;
  }

  override query(request: DataQueryRequest<FalcoQuery>): Observable<DataQueryResponse> {
    const { live, others, ignored } = split(request, this.settings);
    const answers = live.map((query) => this.answerLive(query, request));
    if (others.length > 0 || answers.length === 0) {
      answers.push(this.answerFromHistory({ ...request, targets: others }, ignored));
    }
    return merge(...answers).pipe(map(withOpenSteps));
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
    const titles = titlesOf(query).join(', ');
    const what = query.queryType === 'signal' ? titles : [query.queryType, titles].filter(Boolean).join(': ');
    const filters = query.filters.map(({ key, operator, value }) => `${key}${operator}"${value}"`);
    return [what, ...(filters.length > 0 ? [`where ${filters.join(' and ')}`] : [])].join(' ');
  }

  /** Names of the labels that the samples at hand carry. */
  labels(): Promise<string[]> {
    return this.list('labels');
  }

  /** Values of a label (or of a grouping: version, engine, kernel) on the samples at hand that pass the filters. */
  labelValues(label: string, filters: Filter[] = []): Promise<string[]> {
    const params = filters.length > 0 ? { filters: JSON.stringify(filters) } : undefined;
    return this.list(`labels/${encodeURIComponent(label)}/values`, params);
  }

  /** Names of the metrics at hand. */
  metrics(): Promise<string[]> {
    return this.list('metrics');
  }

  /** An expression of the catalogue as the backend evaluates it: a store has other labels for Falcos. */
  async evaluated(expr: string): Promise<string> {
    const { text, restore } = withoutMacros(expr);
    const answer: { data: string } = await this.getResource('expression', { expr: text });
    return restore(answer.data);
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

  /** The keys of ad hoc filters: only what every signal can be filtered by, since they meet every panel of a dashboard. */
  override getTagKeys(): Promise<MetricFindValue[]> {
    return Promise.resolve([...IDENTITY, ...targetLabels(this.settings)].map((text) => ({ text })));
  }

  override async getTagValues({
    key,
    filters,
  }: Pick<DataSourceGetTagValuesOptions<FalcoQuery>, 'key' | 'filters'>): Promise<MetricFindValue[]> {
    const values = await this.labelValues(key, filters.flatMap(fromAdHoc));
    return values.map((text) => ({ text }));
  }

  private answerLive(stored: FalcoQuery, request: DataQueryRequest<FalcoQuery>): Observable<DataQueryResponse> {
    const { range, intervalMs: interval, maxDataPoints = 1000, scopedVars, filters } = request;
    // The ends of a relative range are not taken at the same millisecond.
    const length = Math.round((range.to.valueOf() - range.from.valueOf()) / 1000) * 1000;
    const asked = { range: length, interval, maxDataPoints };
    const query = withDefaults(this.applyTemplateVariables(stored, scopedVars, filters));
    const fallBack = (_: CompleteQuery, why: string | undefined) => {
      const { refId } = query;
      // A request of the same id would cancel the one for the other queries.
      const requestId = `${request.requestId}-${refId}`;
      const ignored = new Map(why === undefined ? [] : [[refId, ignoring(query, why)]]);
      return this.answerFromHistory({ ...request, requestId, targets: [{ ...stored, live: false }] }, ignored).pipe(
        map((response) => ({ ...response, key: `live-${refId}` }))
      );
    };
    return from(this.liveExecutor()).pipe(
      switchMap((executor) => executor.execute(query, asked, fallBack)),
      catchError(() => fallBack(query, 'the part of the plugin for it could not be loaded; reload the page'))
    );
  }

  private answerFromHistory(
    request: DataQueryRequest<FalcoQuery>,
    ignored: ReadonlyMap<string, string>
  ): Observable<DataQueryResponse> {
    const answer = super.query(request);
    return ignored.size === 0 ? answer : answer.pipe(map((response) => withNotices(response, ignored)));
  }

  /** In a chunk of its own: a dashboard that is not live never loads it. */
  private liveExecutor(): Promise<LiveExecutor> {
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

  private async list(path: string, params?: Record<string, string>): Promise<string[]> {
    const answer: { data?: string[] | null } = await this.getResource(path, params);
    return answer.data ?? [];
  }
}

/** What the ids of a query are called; one that this version does not know stays as it is. */
function titlesOf({ queryType: kind, signals = [] }: FalcoQuery): string[] {
  return signals.map((id) => {
    if (kind === 'events') {
      return catalogue.events.find((event) => event.id === id)?.title ?? id;
    }
    const judged = kind === 'health' ? catalogue.checks.find((check) => check.id === id)?.signal : undefined;
    return catalogue.signals.find((signal) => signal.id === (judged ?? id))?.title ?? id;
  });
}
