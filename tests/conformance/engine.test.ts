import { evaluate } from '../../src/promql';
import { queriesOf, templates } from './catalogue';
import { askEngine, difference } from './engine';
import { firstScrape, watchFleet } from './fleet';

const values = { cluster: 'demo', node: 'worker-1', version: '0.44.1', engine: 'modern_bpf', kernel: '6.8', cpu: '1' };

/** Live = embedded: the same expression over the same samples has the same answer. */
describe('The evaluator and the backend', () => {
  const buffer = watchFleet({ interval: 15, scrapes: 60 });
  const queries = templates.flatMap((signal) =>
    queriesOf(signal, values).map((one) => ({
      ...one,
      start: firstScrape + 297_000,
      end: firstScrape + 897_000,
      step: 50_000,
    }))
  );

  it('agree on the whole catalogue over the fleet', () => {
    const { answers } = askEngine(buffer, queries);
    const differences: string[] = [];
    let figures = 0;
    queries.forEach(({ name, expr, start, end, step }, i) => {
      const { series } = evaluate(expr, buffer, { start, end, step });
      figures += series.reduce((sum, { values }) => sum + values.length, 0);
      const why = difference(series, answers[i]!);
      if (why) {
        differences.push(`${name}: ${why}\n${expr}`);
      }
    });
    expect(differences).toEqual([]);
    expect(figures).toBeGreaterThan(100_000);
  }, 300_000);
});
