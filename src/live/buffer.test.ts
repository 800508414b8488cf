import { evaluate } from '../promql';
import { SampleBuffer } from './buffer';
import { Reader } from './reader';

const rules = { keepLabels: [], foldValues: [] };
const limits = { samplesPerScrape: 1000, labelLength: 100 };

/** A buffer with one target that is scraped every second. */
function fixture(bounds = { points: 100, age: 60_000 }) {
  const buffer = new SampleBuffer(bounds);
  const reader = new Reader('falco', rules, limits);
  return {
    buffer,
    scrape: (second: number, body: string | undefined, identity: Record<string, string> = { node: 'a' }) =>
      buffer.append('target', identity, {
        time: second * 1000,
        answer: body === undefined ? undefined : reader.read(body),
        duration: 0.25,
      }),
    at: (second: number, query: string) =>
      evaluate(query, buffer, { start: second * 1000 }).series.map(({ labels, values }) => `${labels} ${values[0]}`),
  };
}

describe('SampleBuffer', () => {
  it('gives every sample the labels of its target, and has the target in series of its own', () => {
    const { scrape, at } = fixture();
    scrape(1, 'a 1\nb{node="x"} 2\n');
    expect(at(1, '{__name__=~".+"}')).toEqual([
      '{__name__="up", node="a"} 1',
      '{__name__="a", node="a"} 1',
      '{__name__="b", exported_node="x", node="a"} 2',
      '{__name__="scrape_duration_seconds", node="a"} 0.25',
      '{__name__="scrape_samples_scraped", node="a"} 2',
    ]);
  });

  it('marks as gone what no longer comes', () => {
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

  it('ends the series of an identity that a target no longer has', () => {
    const { scrape, at } = fixture();
    scrape(1, 'a 1\n', { node: '10.0.0.1:8765' });
    scrape(2, 'a 2\n', { node: 'worker' });
    expect([...at(2, 'a'), ...at(2, 'up')]).toEqual([
      '{__name__="a", node="worker"} 2',
      '{__name__="up", node="worker"} 1',
    ]);
  });

  it('drops scrapes that come late', () => {
    const { buffer, scrape, at } = fixture();
    scrape(2, 'a 2\n');
    scrape(1, 'a 1\n');
    scrape(2, 'a 3\n');
    expect([at(2, 'a'), buffer.size()]).toEqual([['{__name__="a", node="a"} 2'], { series: 4, samples: 4 }]);
  });

  it('holds no more than it may, however long it runs', () => {
    const { buffer, scrape, at } = fixture({ points: 50, age: 30_000 });
    for (let second = 1; second <= 1000; second++) {
      scrape(second, `a ${second}\nchurn{pod="${second}"} 1\n`);
      buffer.trim();
    }
    expect(at(1000, 'count_over_time(a[1h])')).toEqual(['{node="a"} 30']);
    expect(at(1000, 'min_over_time(a[1h])')).toEqual(['{node="a"} 971']);
    // Each of the others has its sample and its end, until the former is too old.
    expect(buffer.size()).toEqual({ series: 4 + 30, samples: 4 * 30 + 29 * 2 + 1 });
  });

  it('holds no more points than it may', () => {
    const { buffer, scrape, at } = fixture({ points: 20, age: 1e9 });
    for (let second = 1; second <= 100; second++) {
      scrape(second, `a ${second}\n`);
    }
    expect([at(100, 'count_over_time(a[1h])'), at(100, 'sum_over_time(a[1h])'), buffer.size()]).toEqual([
      ['{node="a"} 20'],
      ['{node="a"} 1810'],
      { series: 4, samples: 80 },
    ]);
  });

  it('forgets a target', () => {
    const { buffer, scrape } = fixture();
    scrape(1, 'a 1\nb 1\n');
    scrape(2, 'a 1\n');
    buffer.forget('target');
    expect(buffer.size()).toEqual({ series: 0, samples: 0 });
  });
});
