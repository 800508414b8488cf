/**
 * Every shipped alert rule, as Grafana's alerting evaluates it: the query goes through the plugin's real binary
 * over the plugin protocol, and the rule's own reduce and threshold are applied to what comes back. Each has to
 * hold for exactly the nodes with its fault, all at the same moment, and for none of a healthy fleet.
 *
 * History begins with the first scrape, and a test cannot wait for half an hour of it. Rates and counts work on
 * the part of their window that there is. Two rules compare different parts of half an hour: their durations are
 * divided here, bounds and shape are those that are shipped. `for` is left to Grafana. With the true durations
 * the same rules run in tests/promtool.
 *
 * The rules ask for one moment. Over a range the result has to be the same, as long as a figure does not come and
 * go: the last value that a range holds may be an old one.
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
  'falco-stalled': ['blind', 'stalled'],
  'falco-thread-table-filling': ['filling-table', 'full-table'],
  'falco-thread-table-full': ['full-table'],
  'falco-node-down': ['absent'],
  'falco-cluster-unreachable': ['unreachable'],
  'falco-missing-instances': ['small'],
  'falco-crash-loop': ['crash-loop'],
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
  'falco-alerts-lost-before-sidekick': ['unheard'],
  'falco-destination-errors': ['slack'],
  // Who sees nothing has not heard its canary either.
  'falco-canary': ['blind', 'no-canary', 'stalled'],
};

/** Amid an upgrade, with one node overloaded: what is shown first has something to show. */
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

/** What starts again and again is down for a moment each time: not for the two minutes that the rule waits. */
const lastingly = (who: string) => who !== 'crash-loop';

/** What never answered has not told its name and goes by its address: the name is that of the fleet's list. */
async function named(stage: Stage, { firing, ...rest }: Evaluation): Promise<Evaluation> {
  const listed = (await (await fetch(`${stage.fleet}/targets`)).json()) as Array<{ targets: string[] }>;
  const { nodes } = await stage.truth(Date.now() - 1000, Date.now());
  const names = new Map((listed[0]?.targets ?? []).map((address, i) => [address, nodes[i]?.node ?? address]));
  const rename = (who: string) => names.get(who) ?? who;
  const renamed = Object.fromEntries(Object.entries(firing).map(([uid, who]) => [uid, who.map(rename)]));
  return { ...rest, firing: { ...renamed, 'falco-node-down': renamed['falco-node-down']!.filter(lastingly) } };
}

/** Evaluates until the rules fire as wanted, all in one evaluation; gives the last one when time is up. */
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
    // All begin at once and go on while the others are looked at.
    const clusters = [
      { cluster: 'demo' },
      { cluster: 'unreachable' },
      { cluster: 'small', expected: 4 },
      { cluster: 'limited', memoryLimit: '256Mi' },
    ];
    // Nothing listens on the port of discard.
    const lost = { url: '127.0.0.1:9', kind: 'falcosidekick', labels: { cluster: 'elsewhere', node: 'lost-sidekick' } };
    stages['everything'] = setStage('everything', clusters, '1s', {
      expected: { version: '0.44.1' },
      targets: [lost],
    });
    stages['demo'] = setStage('demo');
    stages['healthy'] = setStage('healthy', [{ cluster: 'demo', expected: 8 }]);
    // A first request starts the scraping; while no Falco answers, it is an error.
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
    // How many alerts have left for the way to be judged is a question of time.
    const { 'falco-alerts-lost-before-sidekick': _way, ...seen } = evaluated.seen;
    // It looked at every node, and did not just find nothing.
    const workers = [1, 2, 3, 4, 5, 6, 7, 8].map((n) => `worker-${n}`);
    const perNode = Object.entries(seen).filter(([, who]) => who.some((name) => name.startsWith('worker-')));
    expect(perNode.filter(([, who]) => who.join() !== workers.join())).toEqual([]);
    const unseen = Object.entries(seen).flatMap(([uid, who]) => (who.length === 0 ? [uid] : []));
    // No limit, no baseline and no canary are set there.
    const unset = ['canary', 'memory-growth', 'memory-limit', 'baseline-drift'];
    expect(unseen.sort()).toEqual([...unset, 'outputs-queue-drops'].map((rule) => `falco-${rule}`));
  });
});

it('tries every rule that is shipped', () => {
  expect(Object.keys(everything).sort()).toEqual([...rules.keys()].sort());
  expect(Object.values(everything).filter((who) => who.length === 0)).toEqual([]);
});
