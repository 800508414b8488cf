/**
 * Measures the heap of a page that shows the dashboard Falco tuning for an hour of simulated time, with one tick per second
 * and responses of the simulated fleet. Prints bytes: when the panels have filled, and at the end. It runs in Jest because it
 * needs the browser environment of the tests.
 */
import { readFileSync } from 'node:fs';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { LiveExecutor } from '../../../src/live/LiveExecutor';
import { FakeBackend } from '../../../src/live/testing';
import { type FalcoQuery, migrateQuery, withDefaults } from '../../../src/query';
import { createFleet } from '../../fleet/simulation';

const begin = 1_790_000_003_000;
const seconds = { full: 1200, end: 3600 };
const request = { range: 600_000, interval: 1000, maxDataPoints: 600 };

setFlagsFromString('--expose-gc');
const collect: () => void = runInNewContext('gc');

function heap(): number {
  collect();
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return heapUsed + arrayBuffers;
}

it('watches for an hour', async () => {
  jest.useFakeTimers({ now: begin, doNotFake: ['nextTick', 'setImmediate', 'queueMicrotask'] });
  const fleet = createFleet({ start: begin - 3_600_000, nodes: 1 });
  const targets = fleet.nodes.map((node) => {
    const { name } = node.spec;
    return {
      id: name,
      kind: 'falco' as const,
      labels: { cluster: 'demo', node: name },
      answer: (at: number) => fleet.answer(node, at),
    };
  });
  const backend = new FakeBackend(targets, 0);
  const executor = new LiveExecutor({}, backend.get);
  const { panels } = JSON.parse(readFileSync('src/dashboards/tuning.json', 'utf8'));
  const queries = panels.flatMap((panel: { targets?: FalcoQuery[] }) => panel.targets ?? []);
  let updates = 0;
  for (const query of queries) {
    executor
      .execute(withDefaults(migrateQuery({ ...query, filters: [] })), request, (_, why) => {
        throw new Error(`not live: ${why}`);
      })
      .subscribe(({ errors }) => {
        expect(errors).toBeUndefined();
        updates++;
      });
  }
  const pass = async (seconds: number) => {
    for (let second = 0; second < seconds; second++) {
      await jest.advanceTimersByTimeAsync(1000);
      backend.calls.length = 0;
    }
    return heap();
  };
  const full = await pass(seconds.full);
  const end = await pass(seconds.end - seconds.full);
  expect(updates).toBeGreaterThanOrEqual(queries.length * seconds.end);
  process.stdout.write(`${JSON.stringify({ full, end, queries: queries.length })}\n`);
}, 600_000);
