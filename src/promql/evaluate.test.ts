import { evaluate } from './evaluate';
import { source } from './testing';

const samples = source([
  { labels: { __name__: 'a_total', node: 'x' }, values: [0, 10, 20, 5, 15] },
  { labels: { __name__: 'a_total', node: 'y' }, values: [1, undefined, 3, null] },
  { labels: { __name__: 'info', node: 'x', version: '1' }, values: [1, 1, 1, 1, 1] },
  { labels: { __name__: 'info', node: 'x', version: '2' }, values: [undefined, 1] },
]);

function range(query: string): Record<string, Array<[number, number]>> {
  const { series } = evaluate(query, samples, { start: 0, end: 4000, step: 1000 });
  return Object.fromEntries(
    series.map(({ labels, times, values }) => [String(labels), [...times].map((time, i) => [time / 1000, values[i]!])])
  );
}

describe('evaluate', () => {
  it('returns the newest sample until its series is stale', () => {
    expect(range('a_total{node="y"}')).toEqual({
      '{__name__="a_total", node="y"}': [
        [0, 1],
        [1, 1],
        [2, 3],
      ],
    });
  });

  it('respects the lookback', () => {
    const look = (start: number) => evaluate('info{version="2"}', samples, { start, lookback: 2000 }).series.length;
    expect([look(2999), look(3000)]).toEqual([1, 0]);
  });

  it('evaluates some of the steps of a query', () => {
    const query = 'a_total{node="x"} @ start() + a_total{node="x"} @ end() + a_total{node="x"}';
    const { series } = evaluate(query, samples, { start: 2000, queryRange: { start: 1000, end: 4000 } });
    expect(series.map(({ values }) => [...values])).toEqual([[10 + 15 + 20]]);
  });

  it('excludes the start of a window, and detects resets', () => {
    expect(range('increase(a_total{node="x"}[2s])')).toEqual({
      '{node="x"}': [
        [1, 10],
        [2, 20],
        [3, 10],
        [4, 15],
      ],
    });
  });

  it('refuses many-to-many matching', () => {
    expect(() => range('a_total * on (node) info')).toThrow(
      new Error(
        'found duplicate series for the match group {node="x"} on the right hand-side of the operation: ' +
          '[{__name__="info", node="x", version="1"}, {__name__="info", node="x", version="2"}];' +
          'many-to-many matching not allowed: matching labels must be unique on one side'
      )
    );
    expect(() => range('info * on (node) a_total')).toThrow(
      new Error('multiple matches for labels: many-to-one matching must be explicit (group_left/group_right)')
    );
  });

  it('copies labels with group_left', () => {
    const { series } = evaluate('a_total * on (node) group_left (version) info{version="1"}', samples, { start: 4000 });
    expect(series.map(({ labels, values }) => `${labels} ${[...values]}`)).toEqual(['{node="x", version="1"} 15']);
  });

  it('annotates suspicious expressions', () => {
    expect(evaluate('sum(rate(info[2s]))', samples, { start: 4000 }).annotations).toEqual([
      'PromQL info: metric might not be a counter, name does not end in _total/_sum/_count/_bucket: "info" (1:10)',
    ]);
  });

  it('refuses range vectors in range queries', () => {
    expect(() => range('a_total[1m]')).toThrow(
      new Error('invalid expression type "range vector" for range query, must be Scalar or instant Vector')
    );
  });

  describe('with uneven samples', () => {
    // Every 15 seconds, every second, every 15 seconds, every second: 10 a second throughout.
    const isScraped = (second: number) => second % 15 === 0 || (second >= 110 && second < 200) || second > 280;
    const course = (value: (second: number) => number) =>
      Array.from({ length: 401 }, (_, second) => (isScraped(second) ? value(second) : undefined));
    const uneven = source([
      { labels: { __name__: 'steady_total' }, values: course((second) => 10 * second) },
      { labels: { __name__: 'reset_total' }, values: course((second) => 10 * (second % 290)) },
    ]);
    const values = (query: string, isUneven: boolean) =>
      evaluate(query, uneven, { start: 60_000, end: 400_000, step: 1000, isUneven }).series.flatMap(({ values }) => [
        ...values,
      ]);
    const extremes = (query: string, isUneven = true) => {
      const found = values(query, isUneven);
      return [Math.min(...found), Math.max(...found)];
    };

    it.each([
      'rate(steady_total[60s])',
      'increase(steady_total[37s]) / 37',
      'delta(steady_total[35s] offset 10s) / 35',
    ])('%s interpolates at the ends of its window', (query) => {
      expect(extremes(query)).toEqual([expect.closeTo(10, 9), expect.closeTo(10, 9)]);
      expect(extremes(query, false)[0]).toBeLessThan(9);
    });

    it('does not interpolate across a reset', () => {
      expect(extremes('rate(reset_total[60s])')[1]).toBeCloseTo(10, 9);
    });

    it('extrapolates a rate, but not an increase, when the next sample is late', () => {
      const steady = Array.from({ length: 101 }, (_, second) => 10 * second);
      const late = source([
        { labels: { __name__: 'late_total' }, values: steady },
        { labels: { __name__: 'gone_total' }, values: [...steady, null] },
      ]);
      const at = (query: string, isUneven = true) =>
        evaluate(query, late, { start: 105_000, isUneven }).series[0]!.values[0];
      expect(at('rate(late_total[10s])')).toBeCloseTo(10, 9);
      expect(at('increase(late_total[10s])')).toBeCloseTo(55, 9);
      expect(at('rate(gone_total[10s])')).toBeCloseTo(5.5, 9);
      expect(at('rate(late_total[10s])', false)).toBeCloseTo(5.5, 9);
    });

    it('uses samples outside the window for nothing else', () => {
      const query = 'max_over_time(steady_total[20s]) + count_over_time(steady_total[20s]) + irate(steady_total[20s])';
      expect(values(query, true)).toEqual(values(query, false));
    });
  });
});
