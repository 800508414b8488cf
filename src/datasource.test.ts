import {
  CoreApp,
  type DataFrame,
  type DataQuery,
  type DataQueryRequest,
  type DataSourceApi,
  type DataSourceInstanceSettings,
  dateTime,
} from '@grafana/data';
import {
  type BackendSrvRequest,
  config,
  HealthCheckError,
  setBackendSrv,
  setDataSourceSrv,
  type TemplateSrv,
} from '@grafana/runtime';
import { lastValueFrom, of, throwError, toArray } from 'rxjs';
import { FalcoDataSource } from './datasource';
import { type FalcoQuery, type FalcoVariableQuery } from './query';
import { type FalcoSettings } from './settings';

const templateSrv = {
  replace: (text = '', _scopedVars: unknown, format: unknown) =>
    text.replaceAll('$node', () => (typeof format === 'function' ? format('worker-1', {}) : 'worker-1')),
} as TemplateSrv;

const settings = {
  id: 1,
  uid: 'falco',
  name: 'Falco Metrics',
  type: 'falco-metrics-datasource',
} as DataSourceInstanceSettings<FalcoSettings>;

/** A data source, and the requests that it sends. Every request returns `answer`. */
function make(jsonData: FalcoSettings = {}, answer: unknown = { results: {} }) {
  const fetch = jest.fn((_request: BackendSrvRequest) => of({ data: answer }));
  setBackendSrv({ fetch } as unknown as Parameters<typeof setBackendSrv>[0]);
  setDataSourceSrv({ getInstanceSettings: () => settings } as unknown as Parameters<typeof setDataSourceSrv>[0]);
  const datasource = new FalcoDataSource({ ...settings, jsonData }, templateSrv);
  return { datasource, fetch, sent: () => fetch.mock.calls.at(-1)?.[0] };
}

function request(targets: unknown[], other: Partial<DataQueryRequest<FalcoQuery>> = {}) {
  const range = { from: dateTime(0), to: dateTime(60_000), raw: { from: 'now-1m', to: 'now' } };
  return {
    targets,
    range,
    scopedVars: {},
    intervalMs: 15_000,
    maxDataPoints: 100,
    ...other,
  } as DataQueryRequest<FalcoQuery>;
}

describe('the test of the settings', () => {
  const result = { message: 'Both targets respond.', details: { verboseMessage: '• Engine kmod.' } };

  test('shows suggestions without calling them a warning', async () => {
    const { datasource } = make({}, { ...result, status: 'OK' });
    await expect(datasource.testDatasource()).resolves.toEqual({ ...result, status: 'success' });
  });

  test('warns of problems', async () => {
    const details = { ...result.details, message: 'Falco is too old on node-2.' };
    const { datasource } = make({}, { ...result, details, status: 'OK' });
    await expect(datasource.testDatasource()).resolves.toEqual({ ...result, details, status: 'warning' });
  });

  test('fails with the details', async () => {
    const { datasource } = make({}, { ...result, status: 'ERROR' });
    const error = await datasource.testDatasource().catch((reason: unknown) => reason);
    expect(error).toMatchObject({ status: 'error', message: result.message, error: { details: result.details } });
    expect((error as { error: unknown }).error).toBeInstanceOf(HealthCheckError);
  });
});

describe('queries', () => {
  test('are migrated, completed and interpolated before they are sent', async () => {
    const { datasource, sent } = make();
    const filters = [{ key: 'node', operator: '=', value: '$node' }];
    const adHoc = [{ key: 'cluster', operator: '=', value: 'prod' }];
    await lastValueFrom(datasource.query(request([{ refId: 'A', signals: 'up', filters }], { filters: adHoc })));
    expect(sent()).toMatchObject({ url: '/api/ds/query?ds_type=falco-metrics-datasource', method: 'POST' });
    expect(sent()?.data.queries).toEqual([
      {
        refId: 'A',
        queryType: 'signal',
        signals: ['up'],
        filters: [{ key: 'node', operator: '=', value: 'worker-1' }, ...adHoc],
        format: 'timeseries',
        instant: false,
        version: 1,
        datasource: { type: 'falco-metrics-datasource', uid: 'falco' },
        datasourceId: 1,
        intervalMs: 15_000,
        maxDataPoints: 100,
      },
    ]);
  });

  test.each<[string, Partial<FalcoQuery>, boolean]>([
    ['a signal', { queryType: 'signal', signals: ['up'] }, true],
    ['no signal', { queryType: 'signal', signals: [] }, false],
    ['an empty expression', { queryType: 'promql', expr: ' ' }, false],
    ['hidden', { queryType: 'signal', signals: ['up'], hide: true }, false],
    ['hand-written', { signals: 'up' as unknown as string[] }, true],
  ])('%s: sent %s', (_name, query, sent) => {
    expect(make().datasource.filterQuery({ refId: 'A', ...query } as FalcoQuery)).toBe(sent);
  });

  test('a new query can be sent', () => {
    const { datasource } = make();
    const query = { refId: 'A', ...datasource.getDefaultQuery(CoreApp.Dashboard) } as FalcoQuery;
    expect(datasource.getQueryDisplayText(query)).toBe('Kernel drops');
    expect(datasource.filterQuery(query)).toBe(true);
  });

  test('of all types mean the same after Grafana has added the fields of a new query', async () => {
    const { datasource, sent } = make();
    const health = { ...datasource.getDefaultQuery(CoreApp.Dashboard), refId: 'A', queryType: 'health' };
    await lastValueFrom(datasource.query(request([health])));
    expect(sent()?.data.queries[0]).toMatchObject({ queryType: 'health', format: 'table' });
    expect(sent()?.data.queries[0]).not.toHaveProperty('signals');
  });

  test('have a display text', () => {
    const { datasource } = make();
    const filters = [
      { key: 'node', operator: '=' as const, value: 'a' },
      { key: 'cluster', operator: '!~' as const, value: 'x.*' },
    ];
    const query: FalcoQuery = { refId: 'A', queryType: 'signal', signals: ['kernel-drop-ratio', 'unknown'], filters };
    expect(datasource.getQueryDisplayText(query)).toBe('Kernel drops, unknown {node="a", cluster!~"x.*"}');
    expect(datasource.getQueryDisplayText({ refId: 'A', queryType: 'promql', expr: 'up == 0' })).toBe('up == 0');
    expect(datasource.getQueryDisplayText({ refId: 'A', queryType: 'health' })).toBe('health');
    expect(datasource.getQueryDisplayText({ refId: 'A', queryType: 'health', signals: ['kernel-drops', 'up'] })).toBe(
      'health: Kernel drops, Falco up'
    );
    expect(datasource.getQueryDisplayText({ refId: 'A', queryType: 'events', signals: ['restart'], filters })).toBe(
      'events: Restart {node="a", cluster!~"x.*"}'
    );
  });
});

test('the first threshold step starts at -Infinity', async () => {
  const fieldOf = (steps: Array<{ value: number; color: string }>) => ({
    name: 'value',
    type: 'number',
    config: { thresholds: { mode: 'absolute', steps } },
  });
  const fields = [
    fieldOf([
      { value: -1.7976931348623157e308, color: 'green' },
      { value: 0.02, color: 'yellow' },
    ]),
    fieldOf([{ value: 0, color: 'red' }]),
    { name: 'time', type: 'time', config: {} },
  ];
  const frames = [{ schema: { refId: 'A', fields }, data: { values: [[], [], []] } }];
  const { datasource } = make({}, { results: { A: { frames } } });
  const { data } = await lastValueFrom(datasource.query(request([{ refId: 'A', signals: ['up'] }])));
  const values = (data as DataFrame[])[0]?.fields.map(({ config }) =>
    config.thresholds?.steps.map(({ value }) => value)
  );
  expect(values).toEqual([[-Infinity, 0.02], [0], undefined]);
});

describe('live', () => {
  const as = (orgRole: string) => {
    config.bootData.user = { ...config.bootData.user, orgRole } as typeof config.bootData.user;
  };
  beforeEach(() => as('Editor'));
  const live = { refId: 'A', signals: ['up'], live: true };
  const other = { refId: 'B', signals: ['uptime'] };
  const frame = (refId: string) => ({ schema: { refId, meta: {}, fields: [] }, data: { values: [] } });
  const history = { results: { A: { frames: [frame('A'), frame('A')] }, B: { frames: [frame('B')] } } };
  const notices = (data: DataFrame[]) =>
    data.map(({ refId, meta }) => [refId, ...(meta?.notices ?? []).map(({ text }) => text)]);
  const absolute = {
    range: { from: dateTime(0), to: dateTime(60_000), raw: { from: dateTime(0), to: dateTime(60_000) } },
  };

  test.each<[string, object, Partial<DataQueryRequest<FalcoQuery>>, FalcoSettings, string]>([
    ['a health query', { queryType: 'health' }, {}, {}, 'health queries do not support live updates'],
    ['a limit', { limit: 3 }, {}, {}, 'a query with a limit needs the whole time range'],
    [
      'a window since watching began',
      { window: '$__live' },
      absolute,
      {},
      'the time range does not end at now; $__live is replaced by the time range',
    ],
    ['a comparison', { compare: '1h' }, {}, {}, 'a query with a comparison needs the whole time range'],
    ['an absolute range', {}, absolute, {}, 'the time range does not end at now'],
    [
      'Prometheus mode',
      {},
      {},
      { mode: 'prometheus' },
      'the data source reads from Prometheus and does not scrape Falco',
    ],
    [
      'turned off',
      {},
      {},
      { live: { minInterval: '0' } },
      'live updates are turned off in the data source settings (live.minInterval is 0)',
    ],
  ])('%s: the backend executes the query and a notice explains why', async (_name, query, around, jsonData, why) => {
    const { datasource, sent, fetch } = make(jsonData, history);
    const { data } = await lastValueFrom(datasource.query(request([{ ...live, ...query }, other], around)));
    expect(fetch).toHaveBeenCalledTimes(1);
    expect(sent()?.data.queries.map(({ live }: FalcoQuery) => live)).toEqual([false, undefined]);
    expect(notices(data as DataFrame[])).toEqual([['A', `Live is ignored: ${why}.`], ['A'], ['B']]);
  });

  test('viewers need live.allowViewers', async () => {
    as('Viewer');
    const { datasource, fetch } = make({}, history);
    const { data } = await lastValueFrom(datasource.query(request([live])));
    expect(notices(data as DataFrame[])[0]).toEqual([
      'A',
      'Live is ignored: only editors and administrators can view live updates (live.allowViewers is off in the data source settings).',
    ]);
    expect(fetch).toHaveBeenCalledTimes(1);
    const open = make({ live: { allowViewers: true } }, history);
    open.fetch.mockImplementation(() => throwError(() => ({ status: 403, data: { error: 'no' } })));
    await lastValueFrom(open.datasource.query(request([live]))).catch(() => {});
    expect(open.fetch.mock.calls[0]![0].url).toMatch(/resources\/targets$/);
  });

  test('the live button of Explore makes queries live', async () => {
    const { datasource } = make({ live: { minInterval: '0' } }, history);
    const { data } = await lastValueFrom(datasource.query(request([other], { liveStreaming: true })));
    expect(notices(data as DataFrame[])[0]?.[1]).toMatch(/^Live is ignored/);
  });

  test('a request is split between the browser and the backend', async () => {
    const { datasource, fetch } = make({}, history);
    fetch.mockImplementation((asked: BackendSrvRequest) =>
      asked.url.includes('/resources/')
        ? throwError(() => ({ status: 403, data: { error: 'for editors' } }))
        : of({ data: history })
    );
    const answers = await lastValueFrom(datasource.query(request([live, other], { requestId: 'Q1' })).pipe(toArray()));
    const [whole, fallen] = answers;
    expect(whole?.key).toBeUndefined();
    expect(fallen).toMatchObject({ key: 'live-A' });
    expect(notices(fallen!.data as DataFrame[])[0]).toEqual(['A', 'Live is ignored: for editors.']);
    const asked = fetch.mock.calls.map(([{ url, showErrorAlert, data, requestId }]) => [
      url.replace(/^.*\/resources\//, ''),
      showErrorAlert,
      requestId,
      data?.queries.map(({ refId, live }: FalcoQuery) => [refId, live]),
    ]);
    // Grafana 13 sends the first request later than Grafana 12.
    const expected = [
      ['/api/ds/query?ds_type=falco-metrics-datasource&requestId=Q1', undefined, 'Q1', [['B', undefined]]],
      ['targets', false, undefined, undefined],
      ['/api/ds/query?ds_type=falco-metrics-datasource&requestId=Q1-A', undefined, 'Q1-A', [['A', false]]],
    ];
    expect(asked).toHaveLength(expected.length);
    expect(asked).toEqual(expect.arrayContaining(expected));
  });
});

test('the smallest step of a panel is the scrape interval', () => {
  expect(make({ scrapeInterval: '5s' }).datasource.interval).toBe('5s');
  expect(make({ scrapeInterval: '' }).datasource.interval).toBe('15s');
});

describe('lists for the editors', () => {
  const found = { data: ['worker-1', 'worker-2'] };

  test('are loaded from the backend without an alert of Grafana', async () => {
    const { datasource, sent } = make({}, found);
    expect(await datasource.labels()).toEqual(found.data);
    expect(sent()?.url).toBe('/api/datasources/uid/falco/resources/labels');
    expect(await datasource.labelValues('a/b')).toEqual(found.data);
    expect(sent()?.url).toBe('/api/datasources/uid/falco/resources/labels/a%2Fb/values');
    expect(sent()?.params).toBeUndefined();
    const filters = [{ key: 'cluster', operator: '=' as const, value: 'prod' }];
    await datasource.labelValues('node', filters);
    expect(sent()?.params).toEqual({ filters: JSON.stringify(filters) });
    await datasource.sampleLabels(['up', 'm']);
    expect([sent()?.url, sent()?.params]).toEqual([
      '/api/datasources/uid/falco/resources/promql/labels',
      { metric: ['up', 'm'] },
    ]);
    await datasource.sampleValues('engine_name', 'up', filters);
    expect([sent()?.url, sent()?.params]).toEqual([
      '/api/datasources/uid/falco/resources/promql/labels/engine_name/values',
      { metric: ['up'], filters: JSON.stringify(filters) },
    ]);
    await datasource.metrics();
    expect(sent()?.showErrorAlert).toBe(false);
    expect(sent()?.url).toBe('/api/datasources/uid/falco/resources/metrics');
  });

  test('a response without data is an empty list', async () => {
    expect(await make({}, {}).datasource.labels()).toEqual([]);
  });

  test('a failed request is an error', async () => {
    const { datasource, fetch } = make();
    fetch.mockReturnValue(throwError(() => new Error('no backend')));
    await expect(datasource.labels()).rejects.toThrow('no backend');
  });

  test('ad hoc filters offer the labels of every signal', async () => {
    const { datasource, sent } = make({ targets: [{ url: 'a:1', labels: { zone: 'a', cluster: 'prod' } }] }, found);
    expect(await datasource.getTagKeys()).toEqual([{ text: 'cluster' }, { text: 'node' }, { text: 'zone' }]);
    const filters = [{ key: 'cluster', operator: '=|', value: 'a', values: ['a', 'b'] }];
    expect(await datasource.getTagValues({ key: 'node', filters })).toEqual([
      { text: 'worker-1' },
      { text: 'worker-2' },
    ]);
    expect(sent()?.params).toEqual({ filters: JSON.stringify([{ key: 'cluster', operator: '=~', value: '(a|b)' }]) });
  });
});

describe('variables', () => {
  const query: FalcoVariableQuery = {
    refId: 'variable',
    queryType: 'label',
    label: 'cluster',
    filters: [{ key: 'node', operator: '=', value: '$node' }],
  };

  test('list the values of a label, with other variables replaced', async () => {
    const { datasource, sent } = make({}, { data: ['prod', 'test'] });
    expect(await datasource.metricFindQuery(query)).toEqual([{ text: 'prod' }, { text: 'test' }]);
    expect(sent()?.params).toEqual({ filters: JSON.stringify([{ key: 'node', operator: '=', value: 'worker-1' }]) });
  });

  test('without a label nothing is requested', async () => {
    const { datasource, fetch } = make();
    expect(await datasource.metricFindQuery(undefined)).toEqual([]);
    expect(await datasource.metricFindQuery({ ...query, label: '' })).toEqual([]);
    expect(fetch).not.toHaveBeenCalled();
  });

  test.each<[FalcoVariableQuery['queryType'], string]>([
    ['labels', 'labels'],
    ['metrics', 'metrics'],
  ])('list the %s', async (queryType, path) => {
    const { datasource, sent } = make({}, { data: ['a', 'b'] });
    expect(await datasource.metricFindQuery({ refId: 'variable', queryType })).toEqual([{ text: 'a' }, { text: 'b' }]);
    expect(sent()?.url).toBe(`/api/datasources/uid/falco/resources/${path}`);
  });

  test('list the series of an expression', async () => {
    const fields = [{ name: 'up', type: 'number', labels: { __name__: 'up', node: 'a"' }, config: {} }];
    const frames = [{ schema: { refId: 'variable', fields }, data: { values: [[1]] } }];
    const { datasource, sent } = make({}, { results: { variable: { frames } } });
    const range = { from: dateTime(0), to: dateTime(60_000), raw: { from: 'now-1m', to: 'now' } };
    const series: FalcoVariableQuery = { refId: 'variable', queryType: 'promql', expr: 'up{node="$node"}' };
    expect(await datasource.metricFindQuery(series, { range })).toEqual([{ text: 'up{node="a\\""} 1 60000' }]);
    expect(sent()?.data).toMatchObject({ to: '60000', queries: [{ expr: 'up{node="worker-1"}', instant: true }] });
    expect(await datasource.metricFindQuery({ ...series, expr: ' ' })).toEqual([]);
  });

  test('an expression that fails is an error', async () => {
    const { datasource } = make({}, { results: { variable: { error: 'no such function', status: 400 } } });
    const series: FalcoVariableQuery = { refId: 'variable', queryType: 'promql', expr: 'foo()' };
    await expect(datasource.metricFindQuery(series)).rejects.toThrow('no such function');
  });
});

describe('Explore', () => {
  const explore = { app: CoreApp.Explore };
  const text = (name: string) => ({ name, type: 'string', config: {} });
  const table = (refId: string) => ({
    schema: {
      refId,
      meta: { notices: [{ severity: 'info', text: 'old' }], custom: { hints: [{ text: 'old' }] } },
      fields: [text('node'), text('drop')],
    },
    data: { values: [['a'], ['b']] },
  });

  test('a graph has a table of its last values beside it', async () => {
    const answer = { results: { A: { frames: [table('A')] }, 'A-table': { frames: [table('A-table')] } } };
    const { datasource, sent } = make({}, answer);
    const query = { refId: 'A', signals: ['kernel-drop-rate'], legendFormat: '{{node}}' };
    const { data, errors } = await lastValueFrom(
      datasource.query(
        request([query, { refId: 'B', queryType: 'health' }, { ...query, refId: 'C', instant: true }], explore)
      )
    );
    const sentQueries = sent()?.data.queries as FalcoQuery[];
    expect(
      sentQueries.map(({ refId, format, instant, legendFormat }) => [refId, format, instant, legendFormat])
    ).toEqual([
      ['A', 'timeseries', false, '{{node}}'],
      ['A-table', 'table', true, undefined],
      ['B', 'table', true, undefined],
      ['C', 'timeseries', true, '{{node}}'],
    ]);
    // The graph has the notices and hints already.
    expect((data as DataFrame[]).map(({ refId, meta }) => [refId, meta?.notices, meta?.custom])).toEqual([
      ['A', expect.anything(), expect.anything()],
      ['A', undefined, undefined],
    ]);
    expect(errors).toBeUndefined();
  });

  test('an error is shown once', async () => {
    const failed = { error: 'no', status: 400 };
    const { datasource } = make({}, { results: { A: { ...failed }, 'A-table': { ...failed } } });
    const { errors, error } = await lastValueFrom(
      datasource.query(request([{ refId: 'A', signals: ['up'] }], explore))
    );
    expect(errors?.map(({ refId }) => refId)).toEqual(['A']);
    expect(error?.refId).toBe('A');
  });

  test.each<[string, object, CoreApp, string[]]>([
    ['the labels that a signal can be filtered by', { signals: ['kernel-drop-rate'] }, CoreApp.Explore, ['node']],
    ['every label of PromQL', { expr: 'up' }, CoreApp.Explore, ['node', 'drop']],
    ['the labels of every sample on dashboards', { expr: 'up' }, CoreApp.Dashboard, ['node']],
  ])('cells offer filters for %s', async (_, query, app, filterable) => {
    const { datasource } = make({}, { results: { A: { frames: [table('A')] } } });
    const { data } = await lastValueFrom(datasource.query(request([{ refId: 'A', ...query }], { app })));
    const fields = (data as DataFrame[])[0]!.fields.filter(({ config }) => config.filterable);
    expect(fields.map(({ name }) => name)).toEqual(filterable);
  });

  const node = (operator: '=' | '!=') => ({ key: 'node', operator, value: 'a' });
  const signal: FalcoQuery = { refId: 'A', queryType: 'signal', signals: ['up'], filters: [node('!=')], version: 1 };
  const options = { key: 'node', value: 'a' };

  test('filters from cells are added in place of their opposite, and removed again', () => {
    const { datasource } = make();
    expect(datasource.queryHasFilter(signal, options)).toBe(false);
    const filtered = datasource.modifyQuery(signal, { type: 'ADD_FILTER', options });
    expect(filtered.filters).toEqual([node('=')]);
    expect(datasource.queryHasFilter(filtered, options)).toBe(true);
    expect(datasource.modifyQuery(filtered, { type: 'ADD_FILTER_OUT', options }).filters).toEqual([node('!=')]);
    expect(datasource.toggleQueryFilter(filtered, { type: 'FILTER_FOR', options }).filters).toEqual([]);
    // A label that the signal has not.
    expect(datasource.modifyQuery(signal, { type: 'ADD_FILTER', options: { key: 'drop', value: 'a' } })).toEqual(
      signal
    );
    expect(datasource.modifyQuery(signal, { type: 'ADD_RATE', options })).toEqual(signal);
    expect(datasource.getSupportedQueryModifications()).toEqual(['ADD_FILTER', 'ADD_FILTER_OUT']);
  });

  test('filters of PromQL are matchers', async () => {
    const { datasource } = make();
    const query: FalcoQuery = { refId: 'A', queryType: 'promql', expr: 'rate(m[$__range])', version: 1 };
    await lastValueFrom(datasource.query(request([query], explore)));
    await import('./promqlEdits');
    const filtered = datasource.modifyQuery(query, { type: 'ADD_FILTER', options });
    expect(filtered.expr).toBe('rate(m{node="a"}[$__range])');
    expect(datasource.queryHasFilter(filtered, options)).toBe(true);
    expect(datasource.modifyQuery(filtered, { type: 'ADD_FILTER_OUT', options }).expr).toBe(
      'rate(m{node!="a"}[$__range])'
    );
  });

  test('queries come from Prometheus as they are', async () => {
    const { datasource } = make();
    const prometheus = { type: 'prometheus' } as DataSourceApi<DataQuery>;
    const queries = [
      { refId: 'A', expr: 'up', legendFormat: '__auto', range: true, instant: true },
      { refId: 'B', expr: 'sum(m)', legendFormat: '{{x}}', format: 'table', instant: true, hide: true },
      { refId: 'C', expr: '' },
    ];
    expect(await datasource.importQueries(queries, prometheus)).toEqual([
      { refId: 'A', queryType: 'promql', expr: 'up', version: 1 },
      {
        refId: 'B',
        queryType: 'promql',
        expr: 'sum(m)',
        legendFormat: '{{x}}',
        format: 'table',
        instant: true,
        hide: true,
        version: 1,
      },
    ]);
    expect(await datasource.importQueries(queries, { type: 'loki' } as DataSourceApi<DataQuery>)).toEqual([]);
  });

  test('queries go to Prometheus as a selector', async () => {
    const { datasource } = make();
    const promql = { refId: 'A', queryType: 'promql', expr: 'sum(rate(m{node!~"a"}[5m]))' } as FalcoQuery;
    const memory = { refId: 'B', queryType: 'signal', signals: ['memory-rss'], filters: [node('=')] } as FalcoQuery;
    const exported = await datasource.exportToAbstractQueries([promql, memory, { refId: 'C', queryType: 'health' }]);
    expect(exported).toEqual([
      {
        refId: 'A',
        labelMatchers: [
          { name: '__name__', operator: 'Equal', value: 'm' },
          { name: 'node', operator: 'NotEqualRegEx', value: 'a' },
        ],
      },
      {
        refId: 'B',
        labelMatchers: [
          { name: '__name__', operator: 'Equal', value: 'falcosecurity_falco_memory_rss_bytes' },
          { name: 'node', operator: 'Equal', value: 'a' },
        ],
      },
      { refId: 'C', labelMatchers: [] },
    ]);
  });
});
