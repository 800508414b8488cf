import { evaluate } from '../promql';
import { SampleBuffer } from './SampleBuffer';
import { ExpositionReader } from './ExpositionReader';

const rules = { keepLabels: [], replaceValues: [], keepMetrics: [], keepSeries: [], identifyingMetrics: [] };
const limits = { sampleLimit: 1000, labelValueLengthLimit: 100 };

/** A buffer with one target that is scraped every second. */
function fixture(bounds = { samplesPerSeries: 100, maxAgeMs: 60_000 }) {
  const buffer = new SampleBuffer(bounds);
  const reader = new ExpositionReader('falco', rules, limits);
  return {
    buffer,
    scrape: (second: number, body: string | undefined, identity: Record<string, string> = { node: 'a' }) =>
      buffer.append('target', identity, {
        time: second * 1000,
        exposition: body === undefined ? undefined : reader.read(body),
        duration: 0.25,
      }),
    at: (second: number, query: string) =>
      evaluate(query, buffer, { start: second * 1000 }).series.map(({ labels, values }) => `${labels} ${values[0]}`),
  };
}

describe('SampleBuffer', () => {
  it('adds the labels of the target, and the synthetic series', () => {
    const { scrape, at } = fixture();
    scrape(1, 'a 1\nb{node="x"} 2\n');
    expect(at(1, '{__name__=~".+"}')).toEqual([
      '{__name__="a", node="a"} 1',
      '{__name__="b", exported_node="x", node="a"} 2',
      '{__name__="up", node="a"} 1',
      '{__name__="scrape_duration_seconds", node="a"} 0.25',
      '{__name__="scrape_samples_scraped", node="a"} 2',
    ]);
  });

  it('marks missing series as stale', () => {
    const { scrape, at } = fixture();
    scrape(1, 'a 1\nb 2\n');
    scrape(2, 'a 2\n');
    expect([at(2, 'a'), at(2, 'b')]).toEqual([['{__name__="a", node="a"} 2'], []]);
    scrape(3, undefined);
    expect([at(3, 'a'), at(3, 'up')]).toEqual([[], ['{__name__="up", node="a"} 0']]);
    scrape(4, 'a 4\nb 5\n');
    expect([at(4, 'a'), at(4, 'b')]).toEqual([['{__name__="a", node="a"} 4'], ['{__name__="b", node="a"} 5']]);
    expect(at(4, 'count_over_time(a[10s])')).toEqual(['{node="a"} 3']);
  });

  it('marks the series of an earlier identity as stale', () => {
    const { scrape, at } = fixture();
    scrape(1, 'a 1\n', { node: '10.0.0.1:8765' });
    scrape(2, 'a 2\n', { node: 'worker' });
    expect([...at(2, 'a'), ...at(2, 'up')]).toEqual([
      '{__name__="a", node="worker"} 2',
      '{__name__="up", node="worker"} 1',
    ]);
  });

  it('ignores late scrapes', () => {
    const { buffer, scrape, at } = fixture();
    scrape(2, 'a 2\n');
    scrape(1, 'a 1\n');
    scrape(2, 'a 3\n');
    expect([at(2, 'a'), buffer.size()]).toEqual([['{__name__="a", node="a"} 2'], { series: 4, samples: 4 }]);
  });

  it('respects the maximum age, however long it runs', () => {
    const { buffer, scrape, at } = fixture({ samplesPerSeries: 50, maxAgeMs: 30_000 });
    for (let second = 1; second <= 1000; second++) {
      scrape(second, `a ${second}\nchurn{pod="${second}"} 1\n`);
      buffer.trim();
    }
    expect(at(1000, 'count_over_time(a[1h])')).toEqual(['{node="a"} 30']);
    expect(at(1000, 'min_over_time(a[1h])')).toEqual(['{node="a"} 971']);
    // Each churn series has a sample and a stale marker until the sample is too old.
    expect(buffer.size()).toEqual({ series: 4 + 30, samples: 4 * 30 + 29 * 2 + 1 });
  });

  it('keeps each metric for its maximum age', () => {
    const { buffer, scrape, at } = fixture();
    buffer.setMaxAge((metric) => (metric === 'a' ? 40_000 : 10_000));
    for (let second = 1; second <= 100; second++) {
      scrape(second, `a ${second}\nb ${second}\n`);
      buffer.trim();
    }
    expect([at(100, 'count_over_time(a[1h])'), at(100, 'count_over_time(b[1h])')]).toEqual([
      ['{node="a"} 40'],
      ['{node="a"} 10'],
    ]);
  });

  it('returns the time of the oldest sample', () => {
    const { buffer, scrape } = fixture();
    scrape(1, 'a 1\n');
    scrape(2, 'a 1\nb 1\n');
    expect([
      buffer.oldestSample((metric) => metric === 'b'),
      buffer.oldestSample(() => true),
      buffer.oldestSample(() => false),
    ]).toEqual([2000, 1000, Infinity]);
  });

  it('respects the maximum number of samples', () => {
    const { buffer, scrape, at } = fixture({ samplesPerSeries: 20, maxAgeMs: 1e9 });
    for (let second = 1; second <= 100; second++) {
      scrape(second, `a ${second}\n`);
    }
    expect([at(100, 'count_over_time(a[1h])'), at(100, 'sum_over_time(a[1h])'), buffer.size()]).toEqual([
      ['{node="a"} 20'],
      ['{node="a"} 1810'],
      { series: 4, samples: 80 },
    ]);
  });

  it('lets another target continue the series of a removed one', () => {
    const { buffer, scrape, at } = fixture();
    scrape(1, 'a 1\nb 1\n');
    buffer.removeTarget('target', 1999);
    expect(at(1.999, '{__name__=~".+"}')).toEqual([]);
    const reader = new ExpositionReader('falco', rules, limits);
    buffer.append('other', { node: 'a' }, { time: 2000, exposition: reader.read('a 5\n'), duration: 0.25 });
    expect([at(2, 'a'), at(2, 'b'), at(2, 'count_over_time(a[5s])')]).toEqual([
      ['{__name__="a", node="a"} 5'],
      [],
      ['{node="a"} 2'],
    ]);
  });

  it('keeps needed metrics, and starts others with the last scrape', () => {
    const { buffer, scrape, at } = fixture();
    buffer.setNeeded((metric) => metric === 'a');
    scrape(1, 'a 1\nb 1\nc 1\n');
    scrape(2, 'a 2\nb 2\nc 2\n');
    expect(at(2, '{__name__=~"[a-c]"}')).toEqual(['{__name__="a", node="a"} 2']);
    buffer.setNeeded((metric) => metric !== 'c');
    expect(at(2, '{__name__=~"[a-c]"}')).toEqual(['{__name__="a", node="a"} 2', '{__name__="b", node="a"} 2']);
    expect(at(2, 'count_over_time(a[5s])')).toEqual(['{node="a"} 2']);
    buffer.setNeeded((metric) => metric === 'b');
    scrape(3, 'a 3\nb 3\n');
    scrape(4, 'a 4\nb 4\n');
    buffer.setNeeded(() => true);
    expect(at(3, '{__name__=~"[a-c]"}')).toEqual(['{__name__="a", node="a"} 2', '{__name__="b", node="a"} 3']);
    expect(at(4, 'a')).toEqual(['{__name__="a", node="a"} 4']);
  });

  it('has the gauges of the settings, and counts samples behind a load balancer without keeping them', () => {
    const { buffer, at } = fixture();
    const exposition = new ExpositionReader('falco', rules, limits).read('a 1\nb 1\n');
    const gauges = [
      { name: 'limit', value: 7 },
      { name: 'pinned', labels: { version: '1' }, value: 1 },
    ];
    buffer.append('t', { node: 'x' }, { time: 1000, exposition, duration: 1, isLoadBalanced: true, gauges });
    expect(at(1, '{__name__=~".+"}')).toEqual([
      '{__name__="up", node="x"} 0',
      '{__name__="scrape_duration_seconds", node="x"} 1',
      '{__name__="scrape_samples_scraped", node="x"} 2',
      '{__name__="limit", node="x"} 7',
      '{__name__="pinned", node="x", version="1"} 1',
    ]);
  });

  describe('fill', () => {
    const identity = { node: 'a' };
    const history = (name: string, samples: Array<[number, number | 'stale']>) => ({
      labels: { __name__: name, ...identity },
      times: samples.map(([second]) => second * 1000),
      values: samples.map(([, value]) => (value === 'stale' ? NaN : value)),
      stale: samples.map(([, value]) => Number(value === 'stale')),
    });

    it('inserts samples before the live ones, and ends series that these do not have', () => {
      const { buffer, scrape, at } = fixture();
      scrape(40, 'a 4\n');
      scrape(41, 'a 5\n');
      const samples = [
        history('a', [
          [10, 1],
          [25, 2],
          [40.5, 9],
        ]),
        history('b', [
          [10, 1],
          [25, 'stale'],
        ]),
        history('c', [[25, 3]]),
      ];
      buffer.fill('target', identity, samples, 3000);
      expect(at(41, 'sum_over_time(a[1m])')).toEqual(['{node="a"} 12']);
      expect([at(39, 'a'), at(39, 'b'), at(39, 'c'), at(41, 'c')]).toEqual([
        ['{__name__="a", node="a"} 2'],
        [],
        ['{__name__="c", node="a"} 3'],
        [],
      ]);
    });

    it('fills a gap', () => {
      const { buffer, scrape, at } = fixture();
      scrape(1, 'a 1\n');
      scrape(2, 'a 2\n');
      scrape(60, 'a 60\n');
      buffer.fill(
        'target',
        identity,
        [
          history('a', [
            [1.5, 100],
            [15, 15],
            [30, 30],
            [45, 45],
            [61, 61],
          ]),
        ],
        3000
      );
      expect([at(60, 'sum_over_time(a[2m])'), at(61, 'a')]).toEqual([
        ['{node="a"} 153'],
        ['{__name__="a", node="a"} 61'],
      ]);
      buffer.fill(
        'target',
        identity,
        [
          history('a', [
            [15, 15],
            [30, 30],
            [40, 40],
          ]),
        ],
        3000
      );
      expect(at(60, 'sum_over_time(a[2m])')).toEqual(['{node="a"} 193']);
    });

    it('works before the first scrape', () => {
      const { buffer, scrape, at } = fixture();
      buffer.fill('target', identity, [history('a', [[1, 1]]), history('b', [[1, 1]])], 3000);
      scrape(10, 'a 2\n');
      expect([at(10, 'a'), at(10, 'b'), at(9, 'b')]).toEqual([
        ['{__name__="a", node="a"} 2'],
        [],
        ['{__name__="b", node="a"} 1'],
      ]);
    });

    it('leaves out the oldest samples if there are too many', () => {
      const { buffer, at } = fixture({ samplesPerSeries: 20, maxAgeMs: 1e9 });
      const many = Array.from({ length: 50 }, (_, i): [number, number] => [i + 1, i + 1]);
      buffer.fill('target', identity, [history('a', many)], 0.5);
      expect([at(50, 'count_over_time(a[1h])'), at(50, 'min_over_time(a[1h])')]).toEqual([
        ['{node="a"} 20'],
        ['{node="a"} 31'],
      ]);
    });
  });
});
