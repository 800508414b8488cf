import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { count, runScripts } from './scripts';

interface Expected {
  /** May only rise. */
  passed: number;
  /** Evaluations of the script name_label_dropping that need names to be dropped at the end of a query. */
  delayedNamesOnly: number;
  /** Constructs that are left to the server side. */
  refused: string[];
}

const expected: Expected = JSON.parse(readFileSync(join(__dirname, 'expected.json'), 'utf8'));

function run(delayedNameRemoval: boolean) {
  const outcomes = runScripts(delayedNameRemoval).flatMap(({ script, outcomes }) =>
    outcomes.map((one) => ({ script, ...one }))
  );
  const failed = outcomes.flatMap((one) =>
    one.as === 'failed' ? [`${one.script}:${one.line}: ${one.query}: ${one.why}`] : []
  );
  return { outcomes, failed };
}

describe("Prometheus's own test scripts", () => {
  const { outcomes, failed } = run(true);

  it('have none that fails', () => {
    expect(failed).toEqual([]);
  });

  it('are refused only for what is known to be missing, all of which they have', () => {
    const refused = new Set(outcomes.flatMap((one) => (one.as === 'refused' ? [one.construct] : [])));
    expect([...refused].sort()).toEqual(expected.refused);
  });

  it('pass at least as often as they did', () => {
    expect(count(outcomes, 'passed')).toBeGreaterThanOrEqual(expected.passed);
  });

  it('pass, too, with names that are dropped at once, where they are not about just that', () => {
    const { failed } = run(false);
    expect(failed.filter((one) => !one.startsWith('name_label_dropping:'))).toEqual([]);
    expect(failed).toHaveLength(expected.delayedNamesOnly);
  });
});
