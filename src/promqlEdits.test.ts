/** @jest-environment node */
import { applyFix, firstSelector, type FixAction, hasMatcher, toggleMatcher } from './promqlEdits';

const node = { key: 'node', operator: '=' as const, value: 'a "b"' };

test.each([
  ['up', 'up{node="a \\"b\\""}', 'up{}'],
  [
    'm[$__range] / ${x:raw}{}',
    'm{node="a \\"b\\""}[$__range] / ${x:raw}{node="a \\"b\\""}',
    'm{}[$__range] / ${x:raw}{}',
  ],
  ['m{x="$x"}', 'm{x="$x", node="a \\"b\\""}', 'm{x="$x"}'],
  ['m{x=~"x|y",}', 'm{x=~"x|y",node="a \\"b\\""}', 'm{x=~"x|y"}'],
  ['m{node!="a \\"b\\"", x="1"}', 'm{x="1", node="a \\"b\\""}', 'm{x="1"}'],
  ['m{x="1", node!="a \\"b\\""}', 'm{x="1", node="a \\"b\\""}', 'm{x="1"}'],
])('%s gets a matcher in every selector, and loses it again', (expr, filtered, removed) => {
  expect(hasMatcher(expr, node)).toBe(false);
  expect(toggleMatcher(expr, node)).toBe(filtered);
  expect(hasMatcher(filtered, node)).toBe(true);
  expect(toggleMatcher(filtered, node)).toBe(removed);
});

test('a matcher that some selectors have is added to the others', () => {
  expect(toggleMatcher('m{node="a \\"b\\""} / n', node)).toBe('m{node="a \\"b\\""} / n{node="a \\"b\\""}');
});

test('the first selector', () => {
  expect(firstSelector('sum(rate(m{node=~"a.*", x!=`y`}[$__interval])) / n')).toEqual([
    { key: '__name__', operator: '=', value: 'm' },
    { key: 'node', operator: '=~', value: 'a.*' },
    { key: 'x', operator: '!=', value: 'y' },
  ]);
  expect(firstSelector('1 + 1')).toEqual([]);
});

test.each<[string, FixAction, string]>([
  [
    'sum by (rule) (m{x="rule"} or rules)',
    { type: 'RENAME', options: { from: 'rule', to: 'rule_name' } },
    'sum by (rule_name) (m{x="rule"} or rules)',
  ],
  [
    'sum(m{node="$node"}) / rate(m[5m]) + n',
    { type: 'ADD_RATE', options: { metrics: 'm n' } },
    'sum(rate(m{node="$node"}[$__rate_interval])) / rate(m[5m]) + rate(n[$__rate_interval])',
  ],
  [
    'rate(g{a="b"}[$__rate_interval]) * rate(m[5m])',
    { type: 'REMOVE_RATE', options: { function: 'rate', metric: 'g' } },
    'g{a="b"} * rate(m[5m])',
  ],
  ['absent(up{kind=""})', { type: 'ADD_DOWN' }, '(up{kind=""} == 0 or absent(up{kind=""}))'],
  ['other', { type: 'ADD_DOWN' }, 'other'],
])('%s with %j', (expr, action, fixed) => {
  expect(applyFix(expr, action)).toBe(fixed);
});
