import { spawnSync } from 'node:child_process';
import { evaluate, type ResultSeries } from '../../src/promql';
import { queriesOf, templates, valueIn } from './catalogue';
import { type EngineRun, askEngine, difference, type EngineResult } from './engine';
import { firstScrape, watchFleet } from './fleet';

const withServer = spawnSync('prometheus', ['--version']).error === undefined ? it : it.skip;

/** Live, embedded and Prometheus: the same expression over the same samples has the same result. */
describe('The evaluator', () => {
  const buffer = watchFleet({ interval: 15, scrapes: 60, zones: true });
  // Times match neither the samples (3 s past a quarter of a minute) nor the steps of the catalogue's subqueries, because
  // Prometheus before 3.0 includes both ends of a window.
  const times = { start: firstScrape + 299_000, end: firstScrape + 899_000, step: 60_000 };
  const queries = templates.flatMap((signal) =>
    queriesOf(signal, (key) => valueIn(buffer, key, signal)).map((one) => ({ ...one, ...times }))
  );
  let ours: ResultSeries[][];
  let theirs: EngineRun;

  beforeAll(() => {
    ours = queries.map(({ expr, start, end, step }) => evaluate(expr, buffer, { start, end, step }).series);
    theirs = askEngine(buffer, queries, { server: true });
  }, 300_000);

  function differences(answers: EngineResult[]): string[] {
    return queries.flatMap(({ name, expr }, i) => {
      const why = difference(ours[i]!, answers[i]!);
      return why ? [`${name}: ${why}\n${expr}`] : [];
    });
  }

  it("agrees with the backend's engine on the whole catalogue over the fleet", () => {
    expect(differences(theirs.answers)).toEqual([]);
    const figures = ours.flat().reduce((sum, { values }) => sum + values.length, 0);
    expect(figures).toBeGreaterThan(100_000);
  });

  withServer('agrees with a real Prometheus server on the same', () => {
    expect(theirs.version).toMatch(/^prometheus/);
    expect(differences(theirs.server!)).toEqual([]);
  });
});
