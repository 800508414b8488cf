import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from '../../src/promql';
import { queriesOf, templates, withSignals } from './catalogue';
import { runScript } from './run';

const folder = 'tests/corpora/signals';

describe('The catalogue', () => {
  it.each(templates.map((signal) => [signal.id, signal] as const))('%s is PromQL that live mode knows', (_, signal) => {
    const queries = queriesOf(signal, (key) => (key === 'priority' ? 'warning' : 'x'));
    expect(queries.length).toBeGreaterThan(3);
    queries.forEach(({ expr }) => parse(expr));
  });

  it.each(readdirSync(folder).filter((name) => name.endsWith('.test')))('has the figures worked out in %s', (name) => {
    const outcomes = runScript(withSignals(readFileSync(join(folder, name), 'utf8')), false);
    expect(outcomes.filter(({ as }) => as !== 'passed')).toEqual([]);
    expect(outcomes.length).toBeGreaterThan(0);
  });
});
