import { ScrapeCoverage } from './ScrapeCoverage';

function scraped(...seconds: number[]): ScrapeCoverage {
  const coverage = new ScrapeCoverage(5000);
  seconds.forEach((second) => coverage.add('a', second * 1000));
  return coverage;
}

const covers = (coverage: ScrapeCoverage, end: number) => coverage.covers('a', end * 1000, 10_000, 1000);
const upTo = (end: number, from = 0) => Array.from({ length: end - from + 1 }, (_, i) => from + i);

describe('ScrapeCoverage', () => {
  it('covers a window that live scrapes fill', () => {
    expect([covers(scraped(...upTo(8)), 8), covers(scraped(...upTo(9)), 9), covers(scraped(...upTo(20)), 20)]).toEqual([
      false,
      true,
      true,
    ]);
  });

  it('requires four scrapes, and the last one in the window', () => {
    expect(covers(scraped(0, 4.5, 9), 10)).toBe(false);
    expect(covers(scraped(0, 3, 6, 9), 10)).toBe(true);
    expect(covers(scraped(...upTo(9)), 20)).toBe(false);
    expect(covers(new ScrapeCoverage(5000), 20)).toBe(false);
  });

  it('ends at a gap', () => {
    const coverage = scraped(...upTo(20), ...upTo(34, 30));
    expect([covers(coverage, 34), coverage.last('a'), coverage.last('b')]).toEqual([false, 34_000, -Infinity]);
  });

  it('forgets targets', () => {
    const coverage = scraped(...upTo(9));
    coverage.add('b', 9000);
    coverage.retain(new Set(['b']));
    expect([coverage.last('a'), coverage.last('b')]).toEqual([-Infinity, 9000]);
  });
});
