/**
 * Evaluates every shipped alert rule as Grafana does: the plugin's backend answers the query over the plugin protocol, and
 * the rule's reduce and threshold expressions are applied to the result. Each rule must hold for exactly the nodes with its
 * fault, all at the same moment, and for no node of a healthy fleet.
 *
 * The history starts with the first scrape, and a test cannot wait half an hour. Rates and counts use the part of their
 * window that exists. Two rules compare different parts of half an hour, so their durations are divided here; their
 * thresholds are the shipped ones. Grafana applies `for`. tests/promtool runs the same rules with their real durations.
 *
 * The rules use instant queries. A range query must have the same result, unless a value disappears: the last value in the
 * range may be an old one.
 */
import { evaluate, type Evaluation, rules } from './grafana-alerting';
import { setStage, type Stage, until } from './harness';

const speeds = { 'falco-drop-bursts': 20, 'falco-canary': 60 };

const none = Object.fromEntries([...rules.keys()].map((uid) => [uid, [] as string[]]));

const everything: typeof none = {
  'falco-kernel-drops-warning': ['lossy', 'overloaded', 'stalled'],
  'falco-kernel-drops-critical': ['overloaded', 'stalled'],
  'falco-drop-bursts': ['bursts'],
  'falco-lost-process-events': ['bursts', 'loses-starts'],
  'falco-stalled': ['blind', 'hung', 'stalled'],
  'falco-container-data-loss': ['unseen-containers'],
  'falco-thread-table-filling': ['filling-table', 'full-table'],
  'falco-thread-table-full': ['full-table'],
  'falco-node-down': ['absent'],
  'falco-cluster-unreachable': ['unreachable'],
  'falco-missing-instances': ['small'],
  'falco-crash-loop': ['crash-loop'],
  'falco-recurring-restarts': ['crash-loop'],
  'falco-connection-failures': ['absent'],
  // one-cpu and queue-drops happen to have booted in the same second.
  'falco-shared-kernel': ['calm-1', 'one-cpu', 'queue-drops', 'shares-kernel'],
  'falco-hot-reload-failed': ['failed-reload'],
  'falco-event-timeouts': ['timeouts'],
  'falco-version-drift': ['other-version'],
  'falco-rules-drift': ['other-rules'],
  'falco-config-drift': ['other-config'],
  // The version of most nodes is pinned.
  'falco-baseline-drift': ['other-version'],
  'falco-memory-limit': ['full-memory'],
  'falco-memory-growth': ['growing-memory'],
  'falco-cpu-ceiling': ['one-cpu'],
  'falco-outputs-queue-drops': ['queue-drops'],
  'falco-sidekick-down': ['lost-sidekick'],
  // A restart of Falcosidekick is not simulated.
  'falco-sidekick-restarts': [],
  'falco-sidekick-memory': [],
  'falco-sidekick-backlog': ['sidekick'],
  'falco-alerts-lost-before-sidekick': ['unheard'],
  'falco-destination-errors': ['slack'],
  // A Falco that sees no events does not see its canary either.
  'falco-canary': ['blind', 'hung', 'no-canary', 'stalled'],
};

/** The demo is in the middle of an upgrade and has one overloaded node. */
const demo: typeof none = {
  ...none,
  'falco-kernel-drops-warning': ['worker-2'],
  'falco-kernel-drops-critical': ['worker-2'],
  'falco-cpu-ceiling': ['worker-2'],
  'falco-outputs-queue-drops': ['worker-2'],
  'falco-version-drift': ['worker-4', 'worker-5'],
  'falco-rules-drift': ['worker-4', 'worker-5', 'worker-8'],
  'falco-config-drift': ['worker-2', 'worker-4', 'worker-5'],
};

/**
 * A crash-looping node is down for a moment at a time, not for the two minutes that the rule waits. How often it refuses a
 * connection depends on when it is scraped. The same applies to the node that crashes once.
 */
const isDownForLong = (who: string) => who !== 'crash-loop' && who !== 'crashes-once';

/** Replaces addresses by names: a node that has never responded is shown by its address. */
async function named(stage: Stage, { firing, ...rest }: Evaluation): Promise<Evaluation> {
  const listed = (await (await fetch(`${stage.fleet}/targets`)).json()) as Array<{ targets: string[] }>;
  const { nodes } = await stage.truth(Date.now() - 1000, Date.now());
  const names = new Map((listed[0]?.targets ?? []).map((address, i) => [address, nodes[i]?.node ?? address]));
  // Falcosidekick listens one above the control port.
  const { hostname, port } = new URL(stage.fleet);
  names.set(`${hostname}:${Number(port) + 1}`, 'sidekick');
  const rename = (who: string) => names.get(who) ?? who;
  const renamed = Object.fromEntries(Object.entries(firing).map(([uid, who]) => [uid, who.map(rename)]));
  const lasting = Object.fromEntries(
    ['falco-node-down', 'falco-connection-failures'].map((uid) => [uid, renamed[uid]!.filter(isDownForLong)])
  );
  return { ...rest, firing: { ...renamed, ...lasting } };
}

/** Evaluates until one evaluation fires as wanted. Returns the last evaluation, also when the time is over. */
async function settled(stage: Stage, instant: boolean, wanted: typeof none, seconds: number): Promise<Evaluation> {
  let last: Evaluation = { firing: {}, seen: {} };
  const text = JSON.stringify(sorted(wanted));
  await until(
    'the rules to fire as they should',
    async () => {
      last = await named(stage, await evaluate(stage, instant, speeds));
      return JSON.stringify(sorted(last.firing)) === text ? true : undefined;
    },
    seconds
  ).catch((error) => {
    if (Object.keys(last.firing).length === 0) {
      throw error;
    }
  });
  return last;
}

function sorted(firing: typeof none): Array<[string, string[]]> {
  return Object.entries(firing).sort(([a], [b]) => (a < b ? -1 : 1));
}

const modes = [
  ['instant', true],
  ['range', false],
] as const;

describe('every alert rule', () => {
  const stages: Record<string, Promise<Stage>> = {};
  beforeAll(async () => {
    // All stages start at once and continue while the others are tested.
    const clusters = [
      { cluster: 'demo' },
      { cluster: 'unreachable' },
      { cluster: 'small', expectedInstances: 4 },
      { cluster: 'limited', memoryLimit: '256Mi' },
    ];
    // Nothing listens on port 9.
    const lost = { url: '127.0.0.1:9', kind: 'falcosidekick', labels: { cluster: 'elsewhere', node: 'lost-sidekick' } };
    stages['everything'] = setStage('everything', clusters, '1s', {
      baseline: { version: '0.44.1' },
      targets: [lost],
    });
    stages['demo'] = setStage('demo');
    stages['healthy'] = setStage('healthy', [{ cluster: 'demo', expectedInstances: 8 }]);
    // The first request starts scraping. It fails as long as no Falco has responded.
    await Promise.all(
      Object.values(stages).map(async (stage) => {
        const set = await stage;
        await until('an evaluation without error', () => evaluate(set, true));
      })
    );
  });
  afterAll(async () => {
    await Promise.all(Object.values(stages).map(async (stage) => (await stage).close()));
  });

  it.each(modes)('fires for the nodes with its fault and no others, %s', async (_, instant) => {
    const { firing } = await settled(await stages['everything']!, instant, everything, 120);
    expect(firing).toEqual(everything);
  });

  it.each(modes)('fires in the demo as documented, %s', async (_, instant) => {
    const { firing } = await settled(await stages['demo']!, instant, demo, 30);
    expect(firing).toEqual(demo);
  });

  it.each(modes)('stays silent in a healthy fleet, %s', async (_, instant) => {
    const stage = await stages['healthy']!;
    const evaluated = await evaluate(stage, instant, speeds);
    expect(evaluated.firing).toEqual(none);
    // This rule has a value only when enough alerts have been sent.
    const { 'falco-alerts-lost-before-sidekick': _way, ...seen } = evaluated.seen;
    // Every rule has a value for every node: it is not silent for lack of data.
    const workers = [1, 2, 3, 4, 5, 6, 7, 8].map((n) => `worker-${n}`);
    const perNode = Object.entries(seen).filter(([, who]) => who.some((name) => name.startsWith('worker-')));
    // worker-7 started less than 6 hours ago, so whether it restarts repeatedly is unknown.
    const expected = (uid: string) => workers.filter((n) => uid !== 'falco-recurring-restarts' || n !== 'worker-7');
    expect(perNode.filter(([uid, who]) => who.join() !== expected(uid).join())).toEqual([]);
    const unseen = Object.entries(seen).flatMap(([uid, who]) => (who.length === 0 ? [uid] : []));
    // This fleet has no limit, no baseline and no canary.
    const unset = [
      'baseline-drift',
      'canary',
      'memory-growth',
      'memory-limit',
      'outputs-queue-drops',
      'sidekick-memory',
    ];
    expect(unseen.sort()).toEqual(unset.map((rule) => `falco-${rule}`));
  });
});

it('covers every shipped rule', () => {
  expect(Object.keys(everything).sort()).toEqual([...rules.keys()].sort());
  const silent = Object.entries(everything).flatMap(([uid, who]) => (who.length === 0 ? [uid] : []));
  expect(silent).toEqual(['falco-sidekick-restarts', 'falco-sidekick-memory']);
});
