/** @jest-environment node */
import { createServer } from 'node:http';
import { type AddressInfo } from 'node:net';
import { type Alert, AlertSequence, wayOf } from './alerts';
import { startFleet } from './fleet';

const NOW = Date.UTC(2026, 10, 30, 12);

function alerts(count: number, seed = 'falco') {
  const way = wayOf(seed, 'worker-1', 0);
  const sequence = new AlertSequence(seed, 'worker-1', way);
  return { way, taken: Array.from({ length: count }, (_, i) => sequence.take(NOW + i)) };
}

test('delays, losses and duplicates follow the model, and only the seed', () => {
  const { way, taken } = alerts(20_000);
  const delays = taken.map(({ delaySeconds }) => delaySeconds).sort((a, b) => a - b);
  expect(delays[10_000]! / way.medianSeconds).toBeCloseTo(1, 1);
  expect(delays[16_827]! / way.medianSeconds / way.spread).toBeCloseTo(1, 1);
  const share = (copies: number) => taken.filter((alert) => alert.copies === copies).length / taken.length;
  expect(share(0)).toBeCloseTo(way.loss, 2);
  expect(share(2)).toBeCloseTo(way.duplicates, 2);
  expect(alerts(100).taken).toEqual(taken.slice(0, 100));
  expect(alerts(100, 'other').taken).not.toEqual(taken.slice(0, 100));
});

test('the time of an alert is its arrival minus its delay, and no two are equal', () => {
  const { taken } = alerts(1000);
  for (const [i, { alert, delaySeconds }] of taken.entries()) {
    expect(alert.time).toMatch(/^2026-11-30T\d\d:\d\d:\d\d\.\d{9}Z$/);
    expect(Math.abs(NOW + i - 1000 * delaySeconds - Date.parse(alert.time))).toBeLessThanOrEqual(1);
  }
  expect(new Set(taken.map(({ alert }) => alert.time)).size).toBe(1000);
});

test('a fleet posts directly and like Falcosidekick, and knows what arrived', async () => {
  const received: Array<{ alert: Alert & { uuid?: string }; header?: string | string[]; url?: string }> = [];
  const server = createServer((request, response) => {
    let body = '';
    request.on('data', (chunk: Buffer) => (body += chunk.toString()));
    request.on('end', () => {
      const header = request.headers['x-falco-receiver-secret'];
      received.push({ alert: JSON.parse(body) as Alert, header, url: request.url });
      response.writeHead(204).end();
    });
  });
  await new Promise<void>((ready) => server.listen(0, '127.0.0.1', ready));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/alerts`;
  const fleet = await startFleet({ port: 28_900, nodes: 2, scenario: 'healthy', alerts: { url, secret: 'a b' } });
  while (received.length < 20) {
    await new Promise((next) => setTimeout(next, 50));
  }
  await fleet.close();
  const truth = fleet.delivery();
  server.close();

  for (const { alert, header, url } of received) {
    const through = alert.uuid !== undefined;
    expect([header, url]).toEqual(through ? ['a b', '/alerts'] : [undefined, '/alerts?secret=a+b']);
  }
  expect(truth.map(({ path }) => path)).toEqual(['falco', 'falcosidekick']);
  for (const { node, raised, arrived, duplicates, failed, delaysSeconds } of truth) {
    const own = received.filter(({ alert }) => alert.hostname === node).map(({ alert }) => alert.time);
    expect([own.length, new Set(own).size, failed]).toEqual([arrived + duplicates, arrived, 0]);
    expect(delaysSeconds).toHaveLength(arrived);
    expect(raised).toBeGreaterThanOrEqual(arrived);
  }
});
