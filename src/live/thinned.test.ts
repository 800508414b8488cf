import { evaluate } from '../promql';
import { source } from '../promql/testing';
import { Thinned } from './thinned';

test('a rate over samples some of which are close together is that of the wider ones', () => {
  // Every 15 seconds up to 120, then every second: 10 a second throughout.
  const values = Array.from({ length: 131 }, (_, i) => (i <= 120 && i % 15 > 0 ? undefined : 10 * i));
  const all = source([{ labels: { __name__: 'a' }, values }]);
  const rate = (of: typeof all) => evaluate('rate(a[60s])', of, { start: 130_000 }).series[0]!.values[0]!;
  expect(rate(all)).toBeLessThan(9.6);
  expect(rate(new Thinned(all, 15_000))).toBeCloseTo(10, 10);
});

test('stale marks stay', () => {
  const all = source([{ labels: { __name__: 'a' }, values: [1, 2, null, 4] }]);
  const at = (start: number) =>
    evaluate('a', new Thinned(all, 15_000), { start }).series.map(({ values }) => values[0]);
  expect([at(1000), at(2000), at(3000)]).toEqual([[1], [], []]);
});
