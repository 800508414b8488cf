import { Runs } from './runs';

function scraped(...seconds: number[]): Runs {
  const runs = new Runs(5000);
  seconds.forEach((second) => runs.add('a', second * 1000));
  return runs;
}

const covers = (runs: Runs, end: number) => runs.covers('a', end * 1000, 10_000, 1000);
const upTo = (end: number, from = 0) => Array.from({ length: end - from + 1 }, (_, i) => from + i);

describe('Runs', () => {
  it('cover a window that live scrapes fill', () => {
    expect([covers(scraped(...upTo(8)), 8), covers(scraped(...upTo(9)), 9), covers(scraped(...upTo(20)), 20)]).toEqual([
      false,
      true,
      true,
    ]);
  });

  it('want four scrapes, and the last of them in the window', () => {
    expect(covers(scraped(0, 4.5, 9), 10)).toBe(false);
    expect(covers(scraped(0, 3, 6, 9), 10)).toBe(true);
    expect(covers(scraped(...upTo(9)), 20)).toBe(false);
    expect(covers(new Runs(5000), 20)).toBe(false);
  });

  it('end with a pause', () => {
    const runs = scraped(...upTo(20), ...upTo(34, 30));
    expect([covers(runs, 34), runs.last('a'), runs.last('b')]).toEqual([false, 34_000, -Infinity]);
  });

  it('are kept of some only', () => {
    const runs = scraped(...upTo(9));
    runs.add('b', 9000);
    runs.retain(new Set(['b']));
    expect([runs.last('a'), runs.last('b')]).toEqual([-Infinity, 9000]);
  });
});
