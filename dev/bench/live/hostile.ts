/**
 * `node --import tsx dev/bench/live/hostile.ts COUNT` measures how long the browser reads label sets that are not closed: a
 * number of them, and twice as many. Prints the medians in microseconds.
 */
import { ExpositionReader } from '../../../src/live';
import { catalogue } from '../../../src/signals';
import { median } from './median';

const count = Number(process.argv[2]);
const limits = { sampleLimit: 20_000, labelValueLengthLimit: 1024 };
const bodies = { once: 'a{b="c\n'.repeat(count), twice: 'a{b="c\n'.repeat(2 * count) };
const times = { once: [] as number[], twice: [] as number[] };
for (let round = 0; round < 15; round++) {
  for (const name of ['once', 'twice'] as const) {
    const start = performance.now();
    new ExpositionReader('falco', catalogue.reading, limits).read(bodies[name]);
    times[name].push(1000 * (performance.now() - start));
  }
}
console.log(JSON.stringify({ once: median(times.once), twice: median(times.twice) }));
