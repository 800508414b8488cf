/** Runs Prometheus's test scripts and prints the counts: `npm run conformance`; `-- --refused` lists refused constructs. */
import { count, runScripts } from './scripts';

const all = runScripts();
const row = (name: string, ...cells: Array<string | number>) =>
  console.log(name.padEnd(24) + cells.map((cell) => String(cell).padStart(9)).join(''));

row('script', 'passed', 'refused', 'failed');
for (const { script, outcomes } of [...all, { script: 'total', outcomes: all.flatMap((one) => one.outcomes) }]) {
  row(script, count(outcomes, 'passed'), count(outcomes, 'refused'), count(outcomes, 'failed'));
}

const outcomes = all.flatMap(({ script, outcomes }) => outcomes.map((one) => ({ script, ...one })));
if (process.argv.includes('--refused')) {
  const constructs = outcomes.flatMap((one) => (one.as === 'refused' ? [one.construct] : []));
  for (const construct of [...new Set(constructs)].sort()) {
    row(construct.padEnd(36), constructs.filter((one) => one === construct).length);
  }
}
for (const one of outcomes) {
  if (one.as === 'failed') {
    console.error(`${one.script}:${one.line}: ${one.query}\n  ${one.why}`);
    process.exitCode = 1;
  }
}
