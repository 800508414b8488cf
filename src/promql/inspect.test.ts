import { lookbackOf, selectorsOf, withConditions } from './inspect';
import { parse } from './parse';

describe('selectorsOf', () => {
  it('finds all selectors', () => {
    const names = selectorsOf(
      parse('-sum by (a) (topk(scalar(k), rate(a[5m]) + on (x) (b offset 1m))) or max_over_time(c[1m:]) or vector(1)')
    ).map(({ matchers }) => matchers[0]!.value);
    expect(names).toEqual(['k', 'a', 'b', 'c']);
  });
});

describe('lookbackOf', () => {
  it.each([
    ['1 + time()', 0],
    ['a', 300],
    ['rate(a[5m])', 300],
    ['rate(a[10s])', 10],
    ['a offset 1h', 3900],
    ['a offset -1h', -3300],
    ['rate(a[5m] offset 1m) / b', 360],
    ['max_over_time(rate(a[1m])[10m:30s] offset 1m)', 750],
    ['max_over_time(a[10m:])', 960],
    ['a @ end()', 300],
    ['a @ start()', 4200],
    ['quantile(scalar(b offset 1h), a)', 3900],
  ])('%s looks back %i s', (expr, seconds) => {
    expect(lookbackOf(parse(expr), expr, 3_900_000)).toBe(seconds * 1000);
  });

  it.each([
    ['b + a @ 1700000000', '1:5: a fixed time is not supported in live mode'],
    ['rate(a[1m + 1m])', '1:6: a calculated duration is not supported in live mode'],
  ])('does not support %s', (expr, message) => {
    expect(() => lookbackOf(parse(expr), expr, 0)).toThrow(message);
  });
});

describe('withConditions', () => {
  const conditions = [
    { label: 'node', operator: '=', value: 'a"b' },
    { label: 'zone', operator: '!~', value: 'x|y' },
  ] as const;
  const added = 'node="a\\"b",zone!~"x|y"';

  it.each([
    ['up', `up{${added}}`],
    ['up{}', `up{${added}}`],
    ['up{a="b"}', `up{a="b",${added}}`],
    ['up{a="b", }', `up{a="b", ${added}}`],
    ['rate(up[5m] offset 1m) # {}', `rate(up{${added}}[5m] offset 1m) # {}`],
    ['sum by (up) ({__name__="up"}) / up @ end()', `sum by (up) ({__name__="up",${added}}) / up{${added}} @ end()`],
    ['label_replace(up, "up", "{}", "", "")', `label_replace(up{${added}}, "up", "{}", "", "")`],
    ['1 + 1', '1 + 1'],
  ])('%s', (expr, expected) => {
    expect(withConditions(expr, conditions)).toBe(expected);
    expect(withConditions(expr, [])).toBe(expr);
    parse(expected);
  });
});
