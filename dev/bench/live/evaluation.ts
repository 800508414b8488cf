/**
 * `node --import tsx dev/bench/live/evaluation.ts` evaluates the complete catalogue over five minutes of 1 s samples of 20
 * targets, with live mode's evaluator and with the backend's engine, which is Prometheus's. Both must have the same
 * results. Prints the medians in milliseconds.
 */
import { evaluate } from '../../../src/promql';
import { compile } from '../../../src/signals/compile';
import { catalogue } from '../../../src/signals';
import { options, templates } from '../../../tests/conformance/catalogue';
import { askEngine, difference } from '../../../tests/conformance/engine';
import { firstScrape, watchFleet } from '../../../tests/conformance/fleet';
import { median } from './median';

const rounds = 3;
const buffer = watchFleet({ interval: 1, scrapes: 300, nodes: 20 });
const times = { start: firstScrape + 500, end: firstScrape + 299_500, step: 1000 };
const live = { ...options, step: 1000, scrapeInterval: 1000, range: 300_000 };
const queries = templates.map((signal) => ({
  expr: compile(catalogue, signal, { window: '10s' }, live).expr,
  ...times,
}));
const ours = Array.from({ length: rounds }, () => {
  const began = performance.now();
  const results = queries.map(({ expr }) => evaluate(expr, buffer, times).series);
  return { results, took: performance.now() - began };
});
const theirs = Array.from({ length: rounds }, () => askEngine(buffer, queries));
for (const [i, { expr }] of queries.entries()) {
  const why = difference(ours[0]!.results[i]!, theirs[0]!.answers[i]!);
  if (why) {
    throw new Error(`${why}\n${expr}`);
  }
}
console.log(
  JSON.stringify({
    ours: median(ours.map(({ took }) => took)),
    peer: median(theirs.map(({ seconds }) => 1000 * seconds)),
    queries: queries.length,
    samples: buffer.size().samples,
    values: ours[0]!.results.flat().reduce((sum, { values }) => sum + values.length, 0),
  })
);
