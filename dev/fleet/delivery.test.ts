/** @jest-environment node */
import { createServer, type Server } from 'node:http';
import { type AddressInfo } from 'node:net';
import { type Alert, alertOf, drawDelay, wayOf } from './alerts';
import { startFleet } from './fleet';
import { messageOf } from './messages';
import { random } from './random';
import { CANARY, DROP_MESSAGE, RELOAD_MESSAGE, RULES, SNAPSHOT_MESSAGE, TIMEOUT_MESSAGE } from './rules';
import { createFleet } from './simulation';
import { nodeOf, read, START } from './testing';

// Some alerts take seconds, and a loaded machine longer.
jest.setTimeout(300_000);

const P = 'falcosecurity_falcosidekick_';

test('delays have the median and spread of the way, and depend only on the seed', () => {
  const way = wayOf('falco', 'worker-1', 0);
  const draw = (seed: string) => {
    const next = random(seed);
    return Array.from({ length: 20_000 }, () => drawDelay(way, next));
  };
  const delays = draw('a').sort((x, y) => x - y);
  expect(delays[10_000]! / way.medianSeconds).toBeCloseTo(1, 1);
  expect(delays[16_827]! / way.medianSeconds / way.spread).toBeCloseTo(1, 1);
  expect(draw('a').slice(0, 100)).toEqual(draw('a').slice(0, 100));
  expect(wayOf('falco', 'worker-1', 0)).toEqual(way);
  expect(wayOf('other', 'worker-1', 0)).not.toEqual(way);
});

test('an alert has the time of its event in nanoseconds, and the pod of its rule', () => {
  expect(alertOf('worker-1', RULES[2]!, START + 7.9, 42)).toMatchObject({
    hostname: 'worker-1',
    priority: 'Notice',
    rule: 'Terminal shell in container',
    source: 'syscall',
    time: '2025-11-24T16:00:00.007000042Z',
    output_fields: { 'k8s.ns.name': 'shop' },
  });
  expect(alertOf('worker-1', CANARY, START, 0).output_fields['k8s.pod.name']).toBeNull();
});

test('the metrics snapshot has the counters of the node', () => {
  const fleet = createFleet({ scenario: 'overloaded', start: START });
  const node = nodeOf(fleet, 'worker-2');
  const at = START + 60_000;
  const { tags, ...alert } = messageOf(node, SNAPSHOT_MESSAGE, at, 1, 0) as Alert;
  expect(tags).toBeUndefined();
  expect(alert).toMatchObject({
    rule: 'Falco internal: metrics snapshot',
    priority: 'Informational',
    source: 'internal',
    output: 'Falco metrics snapshot',
  });
  const fields = alert.output_fields;
  const metrics = read(fleet.answer(node, at));
  expect(fields['scap.n_evts']).toBe(metrics.get('falcosecurity_scap_n_evts_total'));
  expect(fields['scap.n_drops']).toBe(metrics.get('falcosecurity_scap_n_drops_total'));
  expect(fields['falco.outputs_queue_num_drops']).toBe(
    metrics.get('falcosecurity_falco_outputs_queue_num_drops_total')
  );
  // What userspace processed is what the driver handled and did not drop.
  expect(
    Number(fields['scap.n_evts']) - Number(fields['scap.n_drops']) - Number(fields['falco.num_evts'])
  ).toBeLessThan(100);
  expect(fields['falco.evts_rate_sec']).toBeCloseTo(
    (Number(fields['falco.num_evts']) - Number(fields['falco.num_evts_prev'])) / 15,
    0
  );
});

test('the other messages have the fields and the texts of Falco', () => {
  const fleet = createFleet({ scenario: 'overloaded', start: START });
  const node = nodeOf(fleet, 'worker-2');
  const drop = messageOf(node, DROP_MESSAGE, START + 60_000, 1, 0);
  expect(drop.output).toMatch(/^Falco internal: syscall event drop\. \d+ system calls dropped in last second\.$/);
  expect(Object.values(drop.output_fields).every((value) => typeof value === 'string')).toBe(true);
  expect(Number(drop.output_fields['n_drops']) / Number(drop.output_fields['n_evts'])).toBeGreaterThan(0.1);
  expect(messageOf(node, TIMEOUT_MESSAGE, START, 1, 0).output_fields).toEqual({ last_event_time: 'none' });
  expect(messageOf(node, RELOAD_MESSAGE, START, 1, 0)).toMatchObject({ priority: 'Critical', output_fields: {} });
  expect(() => messageOf(node, RULES[0]!, START, 1, 0)).toThrow(
    'Falco writes no message "Read sensitive file untrusted"'
  );
});

interface Received {
  alert: Alert & { uuid?: string };
  secret: string;
}

/** A receiver that accepts everything, and refuses the alerts of one node. */
async function receive(refused: string): Promise<{ server: Server; url: string; received: Received[] }> {
  const received: Received[] = [];
  const server = createServer((request, response) => {
    let body = '';
    request.on('data', (chunk: Buffer) => (body += chunk.toString()));
    request.on('end', () => {
      if (request.method !== 'POST') {
        return response.writeHead(200).end();
      }
      const alert = JSON.parse(body) as Received['alert'];
      if (alert.hostname === refused) {
        return response.writeHead(429).end();
      }
      const header = request.headers['x-falco-receiver-secret'];
      received.push({ alert, secret: header ? `header ${String(header)}` : (request.url ?? '') });
      return response.writeHead(204).end();
    });
  });
  await new Promise<void>((ready) => server.listen(0, '127.0.0.1', ready));
  return { server, received, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/alerts` };
}

test('a fleet posts its alerts directly and through Falcosidekick, and knows what became of them', async () => {
  const { server, url, received } = await receive('worker-4');
  const fleet = await startFleet({ port: 28_900, nodes: 4, scenario: 'delivery', alerts: { url, secret: 'a b' } });
  const before = read(await (await fetch(`http://${fleet.sidekick}/metrics`)).text());
  const settled = (done: (truth: ReturnType<typeof fleet.delivery>) => boolean) =>
    (async () => {
      while (!done(fleet.delivery())) {
        await new Promise((next) => setTimeout(next, 50));
      }
    })();
  await settled((truth) => truth.every(({ arrived, refused, node }) => (node === 'worker-4' ? refused : arrived) >= 5));
  // No rule matches any more.
  for (const { node } of fleet.delivery()) {
    await fetch(`${fleet.control}/nodes/${node}?stalls=true`, { method: 'POST' });
  }
  // What matched just before is raised within a second.
  await new Promise((next) => setTimeout(next, 1500));
  await settled((truth) => truth.every(({ pending }) => pending === 0));
  const after = read(await (await fetch(`http://${fleet.sidekick}/metrics`)).text());
  const truth = fleet.delivery();
  await fleet.close();
  await new Promise((closed) => server.close(closed));

  for (const { node, path, raised, arrived, duplicates, refused, clockAheadSeconds, ...others } of truth) {
    const own = received.filter(({ alert }) => alert.hostname === node);
    expect([node, own.length, new Set(own.map(({ alert }) => alert.time)).size]).toEqual([
      node,
      arrived + duplicates,
      arrived,
    ]);
    expect([node, raised]).toEqual([node, arrived + refused + others.lostByFalco + others.lostByFalcosidekick]);
    expect([node, refused > 0]).toEqual([node, node === 'worker-4']);
    for (const { alert, secret } of own) {
      expect([alert.uuid !== undefined, secret]).toEqual(
        path === 'falco' ? [false, '/alerts?secret=a+b'] : [true, 'header a b']
      );
    }
    expect(others.leastSeconds).toHaveLength(arrived);
    others.leastSeconds.forEach((least, i) => expect(others.mostSeconds[i]).toBeGreaterThanOrEqual(least));
  }
  // Falcosidekick's counters say what it did.
  const grown = (series: string) => (after.get(series) ?? 0) - (before.get(series) ?? 0);
  const through = truth.filter(({ path }) => path === 'falcosidekick');
  const sum = (pick: (node: (typeof truth)[number]) => number) =>
    through.reduce((total, node) => total + pick(node), 0);
  expect(grown(`${P}outputs_total{destination="webhook",status="ok"}`)).toBe(sum(({ arrived }) => arrived));
  expect(grown(`${P}outputs_total{destination="webhook",status="error"}`)).toBe(
    sum(({ lostByFalcosidekick, refused }) => lostByFalcosidekick + refused)
  );
  expect(grown(`${P}inputs_total{source="requests",status="accepted"}`)).toBe(
    sum(({ raised, lostByFalco }) => raised - lostByFalco)
  );
  const events = [...after.keys()].filter((series) => series.startsWith(`${P}falco_events_total`));
  expect(events.reduce((total, series) => total + grown(series), 0)).toBe(
    sum(({ raised, lostByFalco }) => raised - lostByFalco)
  );
});

test('Falcosidekick rejects what it cannot read and alerts without output fields, and counts the latter', async () => {
  const { server, url } = await receive('');
  const fleet = await startFleet({ port: 28_950, nodes: 1, scenario: 'healthy', alerts: { url, secret: 's' } });
  const metrics = async () => read(await (await fetch(`http://${fleet.sidekick}/metrics`)).text());
  const send = async (body: string) => (await fetch(`http://${fleet.sidekick}/`, { method: 'POST', body })).status;
  const rejected = `${P}inputs_total{source="requests",status="rejected"}`;
  const before = (await metrics()).get(rejected)!;
  expect(await send('{')).toBe(400);
  expect(await send(JSON.stringify(messageOf(fleet.simulation.nodes[0]!, RELOAD_MESSAGE, START, 1, 0)))).toBe(400);
  const after = await metrics();
  await fleet.close();
  await new Promise((closed) => server.close(closed));
  expect(after.get(rejected)! - before).toBe(2);
  const reloads = [...after].filter(([series]) => series.includes('hot restart failure'));
  expect(reloads.map(([, count]) => count)).toEqual([1]);
});
