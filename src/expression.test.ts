/** @jest-environment node */
import { compileExpressions, targetLabels, replaceMacros } from './expression';
import { type FalcoQuery } from './query';
import { type TargetSettings } from './settings';

function expression(query: Partial<FalcoQuery>): string | undefined {
  return compileExpressions({ refId: 'A', queryType: 'signal', signals: ['memory-rss'], ...query }, {})[0]?.expr;
}

test('target labels do not include the identity', () => {
  const targets: TargetSettings[] = [
    { url: 'a:1', labels: { zone: 'a', node: 'a' } },
    { url: 'b:1', labels: { cluster: 'c', arch: 'x' } },
    { url: 'c:1' },
  ];
  expect(targetLabels({ targets })).toEqual(['arch', 'zone']);
  expect(targetLabels({})).toEqual([]);
  expect(targetLabels({ targets, mode: 'prometheus' })).toEqual([]);
});

test('compiles one expression per signal', () => {
  const found = compileExpressions({ refId: 'A', queryType: 'signal', signals: ['up', 'memory-rss'] }, {});
  expect(found.map(({ signal }) => signal.id)).toEqual(['up', 'memory-rss']);
});

test('the default window follows the zoom, another window is kept', () => {
  const signals = ['kernel-event-rate'];
  expect(expression({ signals })).toContain('[$__rate_interval]');
  expect(expression({ signals, window: '10m' })).toContain('[10m]');
  expect(expression({ signals, window: '$__range' })).toContain('[$__range]');
  expect(expression({ signals, window: '$mine' })).toContain('[$mine]');
});

test('a filter with a variable becomes a regular expression', () => {
  const filters = [
    { key: 'node', operator: '=' as const, value: '$node' },
    { key: 'cluster', operator: '!=' as const, value: 'a' },
  ];
  expect(expression({ filters })).toContain('{node=~"$node",cluster!="a"}');
  expect(expression({ filters: [{ ...filters[0]!, operator: '!=' }] })).toContain('{node!~"$node"}');
});

test.each<[Partial<FalcoQuery>, string]>([
  [{ signals: ['nothing'] }, 'This version has no signal “nothing”. Choose a signal from the list.'],
  [
    { window: '5' },
    'the window "5" is no duration; expected something like 90s, 5m, $__range, $__interval or $__rate_interval',
  ],
  [{ signals: ['up'], groupBy: ['rack'] }, 'signal "up" cannot be grouped by "rack"; allowed: cluster, node'],
])('%j is refused with a message', (query, message) => {
  expect(() => expression(query)).toThrow(message);
});

test('macros in duration positions are replaced and restored', () => {
  const expr = 'rate(x{node=~"$node"}[$__rate_interval] offset $__range) / ${__interval} + y[$__rate_interval:30s]';
  const { text, restore } = replaceMacros(expr);
  expect(text).toBe('rate(x{node=~"$node"}[9000w] offset 9001w) / 9002w + y[9000w:30s]');
  expect(restore(text)).toBe(expr);
  expect(restore('x / 5444409600')).toBe('x / ${__interval}');
});
