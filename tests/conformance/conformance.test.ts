import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { count, runScripts } from './scripts';

interface Expected {
  /** Must not decrease. */
  passed: number;
  /** Evaluations of name_label_dropping that require names to be dropped at the end of a query. */
  delayedNamesOnly: number;
  /** Constructs that only the backend supports. */
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

  it('do not fail', () => {
    expect(failed).toEqual([]);
  });

  it('are refused for exactly the constructs that are known to be unsupported', () => {
    const refused = new Set(outcomes.flatMap((one) => (one.as === 'refused' ? [one.construct] : [])));
    expect([...refused].sort()).toEqual(expected.refused);
  });

  it('pass at least as often as before', () => {
    expect(count(outcomes, 'passed')).toBeGreaterThanOrEqual(expected.passed);
  });

  it('pass with names dropped immediately, except where that is what they test', () => {
    const { failed } = run(false);
    // Without delayed removal, Prometheus does not know the name in the warning about a bucket either.
    const aboutNames = /^name_label_dropping:|no warning PromQL warning: bucket label .* for metric name/;
    expect(failed.filter((one) => !aboutNames.test(one))).toEqual([]);
    expect(failed).toHaveLength(expected.delayedNamesOnly);
  });
});
