/**
 * `node --import tsx dev/bench/live/parsing.ts FILE` measures how long the browser parses a response. The parsers take turns,
 * because the machine's speed varies. Prints the medians in microseconds.
 */
import { readFileSync } from 'node:fs';
import readByPackage from 'parse-prometheus-text-format';
import { ExpositionReader } from '../../../src/live';
import { catalogue } from '../../../src/signals';
import { median } from './median';

const rounds = 15;
const body = readFileSync(process.argv[2]!, 'latin1');
const limits = { sampleLimit: 20_000, labelValueLengthLimit: 1024 };
const samples = newReader()
  .read(body)
  .series.map(({ labels, value }) => ({
    metric: Object.fromEntries(labels.entries()),
    value: [1_700_000_000, String(value)],
  }));
const json = asLongJson();
/** Later responses of the same target. Every other one has its last digits changed. */
const later = [body, body.replace(/\d\n/g, ([digit]) => `${9 - Number(digit)}\n`)];
const known = newReader();
let calls = 0;

function newReader(): ExpositionReader {
  return new ExpositionReader('falco', catalogue.reading, limits);
}

/** Samples as in Prometheus's API, repeated until they are as long as the response. */
function asLongJson(): string {
  const parts: string[] = [];
  let length = 1;
  for (let i = 0; length < body.length; i++) {
    const part = JSON.stringify(samples[i % samples.length]);
    parts.push(part);
    length += part.length + 1;
  }
  return `[${parts.join(',')}]`.replace(/]$/, ' '.repeat(Math.max(0, body.length - length)) + ']');
}

function expectSamples(count: number): void {
  if (count !== samples.length) {
    throw new Error(`expected ${samples.length} samples, read ${count}`);
  }
}

const sides = {
  first: () => expectSamples(newReader().read(body).series.length),
  again: () => expectSamples(known.read(later[calls++ % 2]!).series.length),
  json: () => JSON.parse(json),
  package: () => expectSamples(readByPackage(body).flatMap(({ metrics }) => metrics).length),
};

/** Calls a function for 100 ms. Returns the microseconds per call. */
function loop(call: () => void): number {
  const start = performance.now();
  let count = 0;
  for (; performance.now() - start < 100; count++) {
    call();
  }
  return (1000 * (performance.now() - start)) / count;
}

const names = Object.keys(sides) as Array<keyof typeof sides>;
const times = Object.fromEntries(names.map((name) => [name, [] as number[]]));
for (let round = 0; round < rounds; round++) {
  for (const name of names) {
    times[name]!.push(loop(sides[name]));
  }
}
console.log(JSON.stringify(Object.fromEntries(names.map((name) => [name, median(times[name]!)]))));
