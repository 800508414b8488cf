import { readFileSync } from 'node:fs';
import { evaluate } from './evaluate';
import { source } from './testing';

interface Corpus {
  /** By metric, with a number where several series have one. A sample every 15 s from 0 on. */
  series: Record<string, { values: number[] } & Record<string, unknown>>;
  cases: Array<{ name: string; expr: string; range?: boolean; annotations: string[] }>;
}

/** The backend's engine has the same annotations: pkg/history/annotations_test.go. */
describe('Annotations', () => {
  const { series, cases } = JSON.parse(readFileSync('tests/corpora/annotations.json', 'utf8')) as Corpus;
  const samples = source(
    Object.entries(series).map(([name, { values, ...labels }]) => ({
      labels: { ...(labels as Record<string, string>), __name__: name.split(' ')[0]! },
      values,
      every: 15_000,
    }))
  );

  it.each(cases)('of $name', ({ expr, range, annotations }) => {
    const times = range ? { start: 30_000, end: 60_000, step: 15_000 } : { start: 60_000 };
    expect(evaluate(expr, samples, times).annotations.sort()).toEqual(annotations);
  });
});
