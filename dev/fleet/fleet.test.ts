/** @jest-environment node */
import { mangle } from './answers';
import { everything } from './everything';
import { startFleet, type Fleet, type FleetOptions } from './fleet';
import { type BadAnswer } from './spec';
import { answerOf, nodeOf, read, START } from './testing';

// Some tests transfer more than 32 MB.
jest.setTimeout(60_000);

/**
 * Every test has ports of its own, apart from those of a running fleet, ephemeral ports, and 10080,
 * which fetch refuses.
 */
let port = 12_000 + 2_000 * (process.pid % 8);
let fleet: Fleet | undefined;
let time = START;

async function start(options: FleetOptions): Promise<Fleet> {
  time = START;
  port += 80;
  fleet = await startFleet({ port, now: () => time, ...options });
  return fleet;
}

afterEach(async () => {
  await fleet?.close();
  fleet = undefined;
});

async function get(address: string, path = '/metrics'): Promise<{ status: number; type: string | null; body: string }> {
  const response = await fetch(`http://${address}${path}`, { redirect: 'manual' });
  return { status: response.status, type: response.headers.get('content-type'), body: await response.text() };
}

/** Repeats the request until the response passes; fails after half a minute with the last one. */
async function eventually<T>(ask: () => Promise<T>, holds: (answer: T) => boolean): Promise<T> {
  const until = Date.now() + 30_000;
  for (;;) {
    const answer = await ask();
    if (holds(answer) || Date.now() > until) {
      return answer;
    }
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

const refused = (address: string) =>
  get(address).then(
    () => false,
    () => true
  );

test('the demo listens where it says, and answers as Falco does', async () => {
  const { targets, sidekick, control, simulation } = await start({});
  expect(targets).toEqual(Array.from({ length: 8 }, (_, i) => `127.0.0.1:${port + 2 + i}`));
  const answer = await get(targets[0]!);
  expect(answer).toEqual({
    status: 200,
    type: 'text/plain; version=0.0.4',
    body: simulation.answer(simulation.nodes[0]!, time),
  });
  expect((await get(targets[0]!, '/healthz')).body).toBe('{"status":"ok"}');
  expect(JSON.parse((await get(targets[4]!, '/versions')).body)).toMatchObject({
    falco_version: '0.39.2',
    engine_version: '43',
  });
  expect((await get(targets[0]!, '/other')).status).toBe(404);
  expect((await get(sidekick)).body).toContain('falcosecurity_falcosidekick_inputs_total');
  const discovery = await get(control.replace('http://127.0.0.1', 'localhost'), '/targets');
  expect(discovery.type).toBe('application/json');
  expect(JSON.parse(discovery.body)).toEqual([
    { targets: targets.map((t) => t.replace('127.0.0.1', 'localhost')), labels: {} },
  ]);
});

test('/truth agrees with the library, over seconds or between two times', async () => {
  const { control } = await start({});
  time = START + 90_000;
  const at = control.replace('http://', '');
  const asJson = (value: unknown) => JSON.parse(JSON.stringify(value)) as unknown;
  expect(JSON.parse((await get(at, '/truth?seconds=30')).body)).toEqual({
    from: time - 30_000,
    to: time,
    nodes: asJson(fleet!.truth(30)),
  });
  expect(JSON.parse((await get(at, `/truth?from=${START}&to=${START + 5000}`)).body)).toEqual({
    from: START,
    to: START + 5000,
    nodes: asJson(fleet!.simulation.truth(START, START + 5000)),
  });
});

test('a port that is taken is an error that names the option', async () => {
  await start({});
  await expect(startFleet({ port })).rejects.toThrow(
    `the fleet cannot listen on 127.0.0.1:${port}: something else listens there; stop it, or choose other ports with --port`
  );
  await expect(startFleet({ port: 65_530 })).rejects.toThrow(
    '8 Falcos need the ports up to 65548, and there are 65535: choose a lower --port, fewer --nodes, or --addresses'
  );
});

test('a pod that moves: nobody, then 404, then another address with counters from 0', async () => {
  const { targets } = await start({ scenario: 'moved-pod' });
  const old = targets[0]!;
  const before = read((await get(old)).body);
  time = START + 91_000;
  expect(
    await eventually(
      () => refused(old),
      (gone) => gone
    )
  ).toBe(true);
  const moved = fleet!.targets[0]!;
  expect(moved).toBe(`127.0.0.1:${port + 10}`);
  expect(await refused(moved)).toBe(true);
  time = START + 95_000;
  expect(
    (
      await eventually(
        () => get(moved).catch(() => undefined),
        (answer) => answer !== undefined
      )
    )?.status
  ).toBe(404);
  time = START + 100_000;
  const after = read((await get(moved)).body);
  const events = 'falcosecurity_scap_n_evts_total';
  expect(after.get(events)).toBeLessThan(before.get(events)! / 1000);
  expect(after.has('falcosecurity_evt_hostname_info{hostname="worker-1"}')).toBe(true);
});

test('/targets lists one cluster where it is asked for one', async () => {
  const { targets, control } = await start({ scenario: 'everything' });
  const listed = async (query: string) =>
    (
      JSON.parse((await get(control.replace('http://', ''), `/targets${query}`)).body) as Array<{ targets: string[] }>
    )[0]!.targets;
  expect(await listed('')).toEqual(targets);
  const first = everything.nodes.findIndex(({ cluster }) => cluster === 'small');
  expect(await listed('?cluster=small')).toEqual(targets.slice(first, first + 2));
  expect(await listed('?cluster=none')).toEqual([]);
});

test('outage: nothing listens at the last target', async () => {
  const { targets } = await start({ scenario: 'outage' });
  expect(await Promise.all(targets.map(refused))).toEqual([...Array.from({ length: 7 }, () => false), true]);
});

test('every Falco can have an address of its own', async () => {
  const { targets } = await start({ addresses: true, nodes: 3 });
  expect(targets).toEqual(['127.0.1.1:8765', '127.0.1.2:8765', '127.0.1.3:8765']);
  expect((await get(targets[2]!)).body).toContain('hostname="worker-3"');
});

describe('bad answers', () => {
  const address = (kind: string) => {
    const { spec } = nodeOf(fleet!.simulation, `bad-${kind}`);
    return fleet!.targets[fleet!.simulation.nodes.findIndex((node) => node.spec === spec)]!;
  };

  test.each([
    ['html', 200, 'text/html; charset=utf-8'],
    ['not-found', 404, null],
    ['server-error', 500, 'text/plain'],
    ['unauthorized', 401, null],
    ['redirect', 302, 'text/html'],
    ['content-type', 200, 'application/octet-stream'],
    ['binary', 200, 'text/plain; version=0.0.4'],
    ['empty', 200, 'text/plain; version=0.0.4'],
    ['not-falco', 200, 'text/plain; version=0.0.4'],
  ])('%s: %i, %s', async (kind, status, type) => {
    await start({ scenario: 'bad-answers' });
    expect(await get(address(kind))).toMatchObject({ status, type });
  });

  test('cut off and reset break the connection', async () => {
    await start({ scenario: 'bad-answers' });
    await expect(get(address('cut-off'))).rejects.toThrow('terminated');
    await expect(get(address('reset'))).rejects.toThrow('fetch failed');
  });

  test.each(['endless', 'oversized', 'gzip-bomb'])('%s: more than 32 MB come', async (kind) => {
    await start({ scenario: 'bad-answers' });
    const response = await fetch(`http://${address(kind)}/metrics`);
    let bytes = 0;
    const reader = response.body!.getReader();
    while (bytes <= 32 * 1024 * 1024) {
      const { done, value } = await reader.read();
      if (done) {
        break;
      }
      bytes += value.length;
    }
    await reader.cancel();
    expect(bytes).toBeGreaterThan(32 * 1024 * 1024);
  });

  test('slow: no answer yet, and closing does not wait for it', async () => {
    await start({ scenario: 'bad-answers' });
    const asked = get(address('slow'));
    const broken = expect(asked).rejects.toThrow('fetch failed');
    const began = Date.now();
    await eventually(
      async () => Date.now() - began,
      (waited) => waited > 100
    );
    await fleet!.close();
    await broken;
    expect(Date.now() - began).toBeLessThan(2000);
  });

  test.each<[BadAnswer, string]>([
    ['garbage-line', '~~~ this line is garbage ~~~'],
    ['no-value', 'falcosecurity_scap_n_evts_total{cpu="0"}'],
    ['run-together', 'falcosecurity_scap_n_fds_total 42falcosecurity_scap_n_threads_total 17'],
    ['dots', 'falcosecurity_plugins_my.plugin.n_requests_total 31'],
    ['duplicate', 'falcosecurity_scap_n_evts_total 1'],
    ['label-twice', 'falcosecurity_falco_rules_matches_total{priority="4",tag_a_b="true",tag_a_b="true"} 7'],
  ])('%s: one more line, the rest as it was', (kind, line) => {
    const good = answerOf('healthy', 'worker-1');
    const lines = mangle(good, kind).split('\n');
    const place = lines.indexOf(line);
    expect(place).toBeGreaterThan(0);
    lines.splice(place, 1);
    expect(lines.join('\n')).toBe(good);
  });
});

test('a node loses what it is told to, from then on, and goes away and comes back', async () => {
  const { control, simulation, targets } = await start({ scenario: 'healthy' });
  const post = (query: string) => fetch(`${control}/nodes/${query}`, { method: 'POST' }).then(({ status }) => status);
  time = START + 60_000;
  const before = simulation.answer(simulation.nodes[0]!, time);
  expect(await post('worker-1?loses=0.1')).toBe(200);
  expect(simulation.answer(simulation.nodes[0]!, time)).toBe(before);
  time += 10_000;
  const [one, two] = simulation.truth(START + 60_000, time);
  expect(one).toMatchObject({ dropRatio: expect.closeTo(0.1, 2) as number });
  expect(two?.dropRatio).toBe(0);
  expect(simulation.truth(START, START + 60_000)[0]?.dropRatio).toBe(0);
  // The counters by cause and CPU match the total.
  expect(one?.worstCpuDropRatio).toBeCloseTo(0.1, 2);
  expect(Object.values(one!.dropsByCause).reduce((a, b) => a + b)).toBeCloseTo(one!.dropsPerSecond, 0);

  expect(await post('worker-1?answers=false')).toBe(200);
  expect(await eventually(() => refused(targets[0]!), Boolean)).toBe(true);
  expect(await post('worker-1?answers=true')).toBe(200);
  expect(
    await eventually(
      () => refused(targets[0]!),
      (gone) => !gone
    )
  ).toBe(false);
  expect(await post('nobody?loses=1')).toBe(404);
});
