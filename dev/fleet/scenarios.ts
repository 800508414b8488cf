import { FAULTS, MINUTE, SECOND } from './faults';
import { everything } from './everything';
import { QUOTED_RULE, RULES } from './rules';
import { nodeSpec, type BadAnswer, type NodeSpec } from './spec';

export interface Scenario {
  /** One line for `--help`. */
  about: string;
  nodes: NodeSpec[];
  /** Share of the alerts that a destination rejects; small if undefined. */
  failing?: Record<string, number>;
  /** Alerts that wait in Falcosidekick for a slow destination. */
  backlog?: number;
}

/**
 * Eight Falco instances of several versions, engines and architectures: a fleet during an upgrade,
 * otherwise healthy.
 */
const MIXED: NodeSpec[] = [
  nodeSpec({ name: 'worker-1', containerMemory: true, uptimeHours: 76.4 }),
  nodeSpec({ name: 'worker-2', cpus: 32, syscallsPerCpu: 26_000, take: 0.034, uptimeHours: 76.1, noise: 2 }),
  nodeSpec({
    name: 'worker-3',
    engine: 'kmod',
    kernel: '4.18.0-553.el8_10.x86_64',
    cpus: 4,
    syscallsPerCpu: 9_500,
    take: 0.055,
    otherLoss: 0.0035,
    uptimeHours: 212.7,
  }),
  nodeSpec({
    name: 'worker-4',
    version: '0.41.3',
    cpus: 16,
    possibleCpus: 24,
    syscallsPerCpu: 12_500,
    take: 0.094,
    kernel: '6.6.87.2-1.azl3',
    uptimeHours: 411.9,
    containerMemory: true,
    switches: { jemalloc: true },
  }),
  nodeSpec({
    name: 'worker-5',
    version: '0.39.2',
    syscallsPerCpu: 15_000,
    take: 0.11,
    otherLoss: 0.0012,
    kernel: '5.15.0-151-generic',
    uptimeHours: 730.2,
  }),
  nodeSpec({
    name: 'worker-6',
    arch: 'aarch64',
    kernel: '6.12.40-63.114.amzn2023.aarch64',
    cpus: 16,
    syscallsPerCpu: 21_000,
    take: 0.042,
    uptimeHours: 29.3,
  }),
  nodeSpec({
    name: 'worker-7',
    syscallsPerCpu: 14_000,
    take: 0.06,
    kernel: '6.1.0-37-amd64',
    compatSyscalls: ['open', 'openat'],
    uptimeHours: 5.6,
    switches: { libbpf: false, perCpu: false },
  }),
  nodeSpec({ name: 'worker-8', cpus: 4, syscallsPerCpu: 16_500, compatSyscalls: [], uptimeHours: 18.2 }),
];

const HEALTHY = MIXED.map((spec) => ({ ...spec, version: '0.44.1' }));

/** A fleet with changes on some nodes, by number. */
function but(changes: Record<number, Partial<NodeSpec>>, fleet = HEALTHY): NodeSpec[] {
  return fleet.map((spec, i) => ({ ...spec, ...changes[i + 1] }));
}

const overloaded: Partial<NodeSpec> = {
  ...FAULTS.overloaded,
  noise: 12,
  queueLoss: 0.06,
  configFile: 'bounded-queue',
};

/** The impact report compares at least half an hour before and after a change. */
const ROLLOUT = 40 * MINUTE;

/**
 * A rollout restarts Falco on the first half of 24 nodes, with an effect on them. All nodes have BPF statistics, without
 * which figures cannot be normalised by load.
 */
function rollout(effect: Partial<NodeSpec>): NodeSpec[] {
  const interruption: NodeSpec['interruption'] = {
    kind: 'restart',
    first: ROLLOUT,
    every: Infinity,
    down: 2 * SECOND,
    starting: SECOND,
  };
  return Array.from({ length: 24 }, (_, i) => ({
    ...nodeSpec({ ...HEALTHY[i % HEALTHY.length]!, name: `worker-${i + 1}`, engine: 'modern_bpf', switches: {} }),
    ...(i < 12 && { interruption, ...effect }),
  }));
}

export const BAD_ANSWERS: BadAnswer[] = [
  'slow',
  'endless',
  'oversized',
  'gzip-bomb',
  'cut-off',
  'reset',
  'redirect',
  'html',
  'not-found',
  'server-error',
  'unauthorized',
  'content-type',
  'empty',
  'binary',
  'garbage-line',
  'no-value',
  'run-together',
  'dots',
  'duplicate',
  'label-twice',
  'huge-label',
  'not-falco',
];

const quick = { medianSeconds: 0.2, spread: 1.5, loss: 0, failures: 0, duplicates: 0 };

/** Some alerts per second on each node, each node with a fault of its own; by default through Falcosidekick. */
const DELIVERY = [
  quick,
  { ...quick, loss: 0.3 },
  { ...quick, path: 'falco' as const, loss: 0.2 },
  { ...quick, failures: 0.25 },
  { ...quick, clockAheadSeconds: 3 },
  { ...quick, path: 'falco' as const, clockAheadSeconds: -2 },
  { ...quick, medianSeconds: 5 },
  { ...quick, path: 'falco' as const, duplicates: 0.2 },
].map((way, i) => ({ ...HEALTHY[i]!, noise: 20, way: { path: 'falcosidekick' as const, ...way } }));

export const SCENARIOS: Record<string, Scenario> = {
  demo: {
    about: 'during an upgrade: one node overloaded, one moving, one restarting, one with unreadable lines',
    nodes: but(
      {
        2: overloaded,
        7: {
          interruption: {
            kind: 'move',
            first: 11 * MINUTE,
            every: 25 * MINUTE,
            down: 4 * SECOND,
            starting: 2 * SECOND,
          },
        },
        8: {
          rules: [...RULES, QUOTED_RULE],
          rulesFile: 'stable-and-local',
          badAnswer: 'garbage-line',
          interruption: {
            kind: 'restart',
            first: 17 * MINUTE,
            every: 31 * MINUTE,
            down: 3 * SECOND,
            starting: 2 * SECOND,
          },
        },
      },
      MIXED
    ),
  },
  healthy: { about: 'everything is healthy', nodes: HEALTHY },
  mixed: { about: 'everything is healthy, with three versions of Falco from three years', nodes: MIXED },
  everything: { about: 'one node per fault, and the clusters unreachable, small and limited', ...everything },
  'slow-rollout': {
    about: 'after 40 minutes, a rollout restarts Falco on twelve of the 24 nodes and slows these nodes down by 10 %',
    nodes: rollout({ slowdown: { from: ROLLOUT, factor: 1.1 } }),
  },
  'harmless-rollout': {
    about: 'after 40 minutes, a rollout restarts Falco on twelve of the 24 nodes, without an effect on them',
    nodes: rollout({}),
  },
  overloaded: { about: 'worker-2 drops about 14 % of its events', nodes: but({ 2: overloaded }) },
  lossy: { about: 'worker-1 drops about 5 % of its events', nodes: but({ 1: FAULTS.lossy }) },
  'lost-process-events': {
    about: 'worker-1 drops about 1 % of its events, process starts among them',
    nodes: but({ 1: FAULTS.losesStarts }),
  },
  burst: {
    about: 'worker-1 gets six times its load for three minutes, alternating with three normal ones',
    nodes: but({ 1: FAULTS.burst }),
  },
  bursts: {
    about: 'worker-1 is overloaded for a minute, every ten minutes',
    nodes: but({ 1: FAULTS.bursts }),
  },
  outage: { about: 'nothing listens at worker-8', nodes: but({ 8: FAULTS.absent }) },
  'cluster-outage': {
    about: 'nothing listens at worker-3 to worker-8',
    nodes: HEALTHY.map((spec, i) => (i < 2 ? spec : { ...spec, ...FAULTS.absent })),
  },
  missing: {
    about: 'only three Falco instances; set expectedInstances to 8 in the data source',
    nodes: HEALTHY.slice(0, 3),
  },
  stalled: {
    about: 'userspace of worker-1 stops reading after a minute while its web server continues',
    nodes: but({ 1: FAULTS.stalled }),
  },
  restart: {
    about: 'worker-1 restarts every three minutes',
    nodes: but({
      1: {
        interruption: {
          kind: 'restart',
          first: 90 * SECOND,
          every: 3 * MINUTE,
          down: 5 * SECOND,
          starting: 3 * SECOND,
        },
      },
    }),
  },
  'crash-loop': {
    about: 'worker-1 starts, lives for ten seconds and is down for thirty',
    nodes: but({ 1: FAULTS.crashLoop }),
  },
  'crash-while-scraped': {
    about: 'responses of worker-1 are cut off after a minute, and it has a new start time',
    nodes: but({ 1: FAULTS.crashesWhileScraped }),
  },
  'terminates-early': {
    about: 'worker-1 refuses connections, and terminates before it can be scraped',
    nodes: but({ 1: FAULTS.terminatesEarly }),
  },
  'shared-kernel': {
    about: 'worker-9 runs on the host of worker-1',
    nodes: [...HEALTHY, { ...HEALTHY[0]!, name: 'worker-9', hostOf: 'worker-1' }],
  },
  'full-sidekick': {
    about: 'Falcosidekick falls behind and uses 450 MB; set memoryLimit to 512Mi on its target',
    nodes: HEALTHY,
    backlog: 4000,
  },
  reload: {
    about: 'worker-1 reloads its configuration every three minutes',
    nodes: but({
      1: { interruption: { kind: 'reload', first: 90 * SECOND, every: 3 * MINUTE, down: 0, starting: 2 * SECOND } },
    }),
  },
  'failed-reload': {
    about: 'worker-1 fails to load its changed rules and reports it to Falcosidekick',
    nodes: but({ 1: FAULTS.failedReloads }),
  },
  'event-timeouts': {
    about: 'worker-1 receives no events and reports timeouts to Falcosidekick',
    nodes: but({ 1: FAULTS.timeouts }),
  },
  'moved-pod': {
    about: 'worker-1 moves to another address every three minutes',
    nodes: but({
      1: {
        interruption: { kind: 'move', first: 90 * SECOND, every: 3 * MINUTE, down: 4 * SECOND, starting: 2 * SECOND },
      },
    }),
  },
  'load-balancer': {
    about: 'the address of worker-1 alternates between worker-1 and worker-2',
    nodes: but({ 1: { sharesAddressWith: 'worker-2' } }),
  },
  'version-drift': { about: 'worker-4 has a different version', nodes: but({ 4: FAULTS.otherVersion }) },
  'rules-drift': { about: 'worker-4 has a different rules file', nodes: but({ 4: FAULTS.otherRules }) },
  'config-drift': { about: 'worker-4 has a different falco.yaml', nodes: but({ 4: FAULTS.otherConfig }) },
  blind: { about: 'the kernel module of worker-1 delivers no events', nodes: but({ 1: FAULTS.blind }) },
  hung: { about: 'the event loop of worker-1 hangs after a minute', nodes: but({ 1: FAULTS.hung }) },
  'unseen-containers': { about: 'worker-1 tracks no containers', nodes: but({ 1: FAULTS.containersUnseen }) },
  'slow-crash-loop': { about: 'worker-1 restarts every 36 minutes', nodes: but({ 1: FAULTS.slowCrashLoop }) },
  'full-thread-table': { about: 'the thread table of worker-1 is full', nodes: but({ 1: FAULTS.fullThreadTable }) },
  'filling-thread-table': {
    about: 'the thread table of worker-1 is filled to 85 % with exited threads',
    nodes: but({ 1: FAULTS.fillingThreadTable }),
  },
  'full-memory': {
    about: 'worker-1 uses about 240 MiB; set memoryLimit to 256Mi in the data source',
    nodes: but({ 1: FAULTS.fullMemory }),
  },
  'growing-memory': {
    about: 'the memory of worker-1 grows by 1.4 MiB a minute; set memoryLimit to 256Mi in the data source',
    nodes: but({ 1: FAULTS.growingMemory }),
  },
  'one-cpu': { about: 'the event loop of worker-1 uses one full CPU', nodes: but({ 1: FAULTS.oneCpu }) },
  'queue-drops': {
    about: 'the bounded outputs queue of worker-4 drops alerts',
    nodes: but({ 4: FAULTS.queueDrops }),
  },
  unheard: {
    about: 'most alerts of worker-4 never reach Falcosidekick',
    nodes: but({ 4: FAULTS.unheard }),
  },
  canary: {
    about: 'every node but worker-1 matches a canary rule about once a second',
    nodes: HEALTHY.map((spec, i) => (i === 0 ? spec : { ...spec, ...FAULTS.canary })),
  },
  delivery: {
    about: 'alerts are late, lost or sent twice, and clocks differ; see --alerts',
    nodes: DELIVERY,
  },
  'failing-destination': {
    about: 'Slack rejects every alert',
    nodes: HEALTHY,
    failing: { slack: 1 },
  },
  'bad-answers': {
    about: 'a healthy worker-1, and one node per kind of bad response',
    nodes: [
      HEALTHY[0]!,
      ...BAD_ANSWERS.map((badAnswer) => nodeSpec({ name: `bad-${badAnswer}`, cpus: 2, badAnswer })),
      nodeSpec({ name: 'bad-quotes', cpus: 2, rules: [...RULES, QUOTED_RULE] }),
    ],
  },
};

/** The nodes of a scenario; additional healthy ones up to `count`, or only the first ones. */
export function nodesOf(scenario: Scenario, count = scenario.nodes.length): NodeSpec[] {
  return Array.from({ length: count }, (_, i) => {
    const spec = scenario.nodes[i];
    const model = HEALTHY[i % HEALTHY.length]!;
    return (
      spec ?? {
        ...model,
        name: `worker-${i + 1}`,
        syscallsPerCpu: Math.round(model.syscallsPerCpu * (0.7 + (i % 13) / 20)),
      }
    );
  });
}

/** The scenario of that name; throws an error that lists all names if there is none. */
export function scenario(name: string): Scenario {
  const found = SCENARIOS[name];
  if (!found) {
    throw new Error(`unknown scenario "${name}"; expected one of: ${Object.keys(SCENARIOS).join(', ')}`);
  }
  return found;
}
