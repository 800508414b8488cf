/** @jest-environment node */
import { type TemplateSrv } from '@grafana/runtime';
import { type FalcoQuery, type Filter } from './query';
import { interpolateQuery } from './interpolate';

interface FakeVariable {
  type?: string;
  value: string | string[];
  multi?: boolean;
  includeAll?: boolean;
  /** A custom "all" value, for which Grafana does not call the formatter. */
  asIs?: boolean;
}

const variables: Record<string, FakeVariable> = {
  one: { value: 'worker.1', type: 'textbox' },
  single: { value: 'worker.1', type: 'query' },
  chosen: { value: ['worker.1'], multi: true },
  several: { value: ['worker.1', 'worker.2'], multi: true },
  all: { value: '.*', multi: true, includeAll: true, asIs: true },
  choice: { value: 'worker.1', includeAll: true },
  empty: { value: '' },
  none: { value: [], multi: true },
  labels: { value: ['node', 'version'], multi: true },
  window: { value: '5m' },
  instance: { value: 'not for us' },
  quoted: { value: 'a"b\\c' },
};

/** Replaces variables like Grafana: the format in the text takes precedence over the caller's formatter. */
const templateSrv = {
  replace: (text: string, scopedVars: Record<string, { value: string }> = {}, format?: unknown) =>
    text.replace(/\$(\w+)|\$\{(\w+)(?::(\w+))?\}/g, (whole, plain?: string, braced?: string, own?: string) => {
      const name = plain ?? braced ?? '';
      const scoped = scopedVars[name];
      const variable: FakeVariable | undefined = scoped ? { value: String(scoped.value) } : variables[name];
      if (!variable) {
        return whole;
      }
      if (own === 'regex') {
        return String(variable.value).replace(/[.]/g, '\\.');
      }
      if (own === 'raw' || variable.asIs || typeof format !== 'function') {
        return String(variable.value);
      }
      return String(format(variable.value, variable));
    }),
} as unknown as TemplateSrv;

function interpolate(query: Partial<FalcoQuery>, adHoc?: Parameters<typeof interpolateQuery>[3]): FalcoQuery {
  const scopedVars = { __interval: { value: '15s' }, __interval_ms: { value: '15000' }, panel: { value: 'worker-9' } };
  return interpolateQuery({ refId: 'A', queryType: 'signal', ...query }, templateSrv, scopedVars, adHoc);
}

describe('variables in filters', () => {
  test.each<[string, Filter, Array<Partial<Filter>>]>([
    ['one value', { key: 'node', operator: '=', value: '$one' }, [{ operator: '=', value: 'worker.1' }]],
    ['one of many', { key: 'node', operator: '=', value: '$chosen' }, [{ operator: '=', value: 'worker.1' }]],
    [
      'several',
      { key: 'node', operator: '=', value: '$several' },
      [{ operator: '=~', value: '(worker\\.1|worker\\.2)' }],
    ],
    [
      'none of several',
      { key: 'node', operator: '!=', value: '$several' },
      [{ operator: '!~', value: '(worker\\.1|worker\\.2)' }],
    ],
    [
      'several beside text',
      { key: 'node', operator: '=', value: 'a.${several}' },
      [{ operator: '=~', value: 'a\\.(worker\\.1|worker\\.2)' }],
    ],
    [
      'one value beside text',
      { key: 'node', operator: '=', value: 'a.$one' },
      [{ operator: '=', value: 'a.worker.1' }],
    ],
    ['a value for all', { key: 'node', operator: '=', value: '$all' }, [{ operator: '=~', value: '.*' }]],
    [
      'several as a pattern',
      { key: 'node', operator: '=~', value: '$several' },
      [{ operator: '=~', value: '(worker\\.1|worker\\.2)' }],
    ],
    [
      'a format of its own',
      { key: 'node', operator: '=', value: '${one:raw}' },
      [{ operator: '=', value: 'worker.1' }],
    ],
    ['all as a pattern', { key: 'node', operator: '=~', value: '$all' }, [{ operator: '=~', value: '.*' }]],
    [
      'a selected value as a pattern is literal',
      { key: 'node', operator: '=~', value: '$single' },
      [{ operator: '=~', value: 'worker\\.1' }],
    ],
    [
      'a choice with "all" as a pattern is literal',
      { key: 'node', operator: '!~', value: '$choice' },
      [{ operator: '!~', value: 'worker\\.1' }],
    ],
    [
      'a typed value as a pattern is a pattern',
      { key: 'node', operator: '=~', value: '$one' },
      [{ operator: '=~', value: 'worker.1' }],
    ],
    [
      'a variable of the panel',
      { key: 'node', operator: '=', value: '$panel' },
      [{ operator: '=', value: 'worker-9' }],
    ],
    ['empty', { key: 'node', operator: '=', value: '$empty' }, []],
    ['empty as a pattern', { key: 'node', operator: '=~', value: '$none' }, []],
    ['an empty value', { key: 'drop', operator: '=', value: '' }, [{ operator: '=', value: '' }]],
    ['no variable', { key: 'node', operator: '=', value: 'a|b' }, [{ operator: '=', value: 'a|b' }]],
    ['an unknown variable', { key: 'node', operator: '=', value: '$nobody' }, [{ operator: '=', value: '$nobody' }]],
  ])('%s', (_name, filter, expected) => {
    expect(interpolate({ filters: [filter] }).filters).toEqual(
      expected.map((wanted) => ({ key: filter.key, ...wanted }))
    );
  });
});

test('groupings: a variable can have several labels, and $identity is not a variable', () => {
  expect(interpolate({ groupBy: ['$identity', '$labels', '$empty', 'drop'] }).groupBy).toEqual([
    '$identity',
    'node',
    'version',
    'drop',
  ]);
  expect(interpolate({ groupBy: [] }).groupBy).toEqual([]);
  expect(interpolate({}).groupBy).toBeUndefined();
});

test('signals: a variable can have several', () => {
  expect(interpolate({ signals: ['up', '$labels', '$empty'] }).signals).toEqual(['up', 'node', 'version']);
  expect(interpolate({}).signals).toBeUndefined();
});

test('window, comparison and legend', () => {
  expect(
    interpolate({ window: '$window', compare: '$window', legendFormat: '{{node}} on $one', text: '{{up}} on $one' })
  ).toMatchObject({
    window: '5m',
    compare: '5m',
    legendFormat: '{{node}} on worker.1',
    text: '{{up}} on worker.1',
  });
});

test('macros of the backend are kept', () => {
  const window = '$__rate_interval';
  const expr = 'rate(m[$__interval]) > rate(m[$__range]) + $__interval_ms';
  expect(interpolate({ queryType: 'promql', window, expr })).toMatchObject({ window, expr });
});

test.each([
  ['up{node=~"$several"}', 'up{node=~"(worker\\\\.1|worker\\\\.2)"}'],
  ['up{node="$one"}', 'up{node="worker.1"}'],
  ['up{node="$quoted"}', 'up{node="a\\"b\\\\c"}'],
  ['up{node=~"$all"}', 'up{node=~".*"}'],
  ['up{node=~"${several:raw}"}', 'up{node=~"worker.1,worker.2"}'],
  ['up{node=~"$single"}', 'up{node=~"worker\\\\.1"}'],
  ['up{node="$single"}', 'up{node="worker.1"}'],
  ['up{node=~"$one|${single:regex}"}', 'up{node=~"worker.1|worker\\\\.1"}'],
  ['up{node=~`${single:regex}`}', 'up{node=~`worker\\.1`}'],
  ["up{node='$quoted'}", `up{node='a"b\\\\c'}`],
  ['sum by ($labels) (rate(m[$window])) # "$one', 'sum by (node, version) (rate(m[5m])) # "$one'],
])('in an expression: %s', (expr, expected) => {
  expect(interpolate({ queryType: 'promql', expr }).expr).toBe(expected);
});

test("a dashboard's ad hoc filters come last, with their variables replaced", () => {
  const filters: Filter[] = [{ key: 'cluster', operator: '=', value: 'prod' }];
  const adHoc = [
    { key: 'node', operator: '!=', value: 'a' },
    { key: 'node', operator: '=~', value: 'w.*' },
    { key: 'version', operator: '=|', value: '0.44.1', values: ['0.44.1', '0.43.0'] },
    { key: 'engine', operator: '!=|', value: 'kmod', values: ['kmod'] },
    { key: 'node', operator: '<', value: '3' },
    { key: 'node', operator: '=', value: '$single' },
    { key: 'node', operator: '=|', value: '$several', values: ['$several', 'b.$one'] },
  ];
  expect(interpolate({ filters }, adHoc).filters).toEqual([
    { key: 'cluster', operator: '=', value: 'prod' },
    { key: 'node', operator: '!=', value: 'a' },
    { key: 'node', operator: '=~', value: 'w.*' },
    { key: 'version', operator: '=~', value: '(0\\.44\\.1|0\\.43\\.0)' },
    { key: 'engine', operator: '!~', value: 'kmod' },
    { key: 'node', operator: '=', value: 'worker.1' },
    { key: 'node', operator: '=~', value: '(worker\\.1|worker\\.2|b\\.worker\\.1)' },
  ]);
});
