import { LOCAL_RULE, QUOTED_RULE, RULES } from './rules';
import { nodeSpec, type BadAnswer, type NodeSpec } from './spec';

export interface Scenario {
  /** One line for `--help`. */
  about: string;
  nodes: NodeSpec[];
  /** Share of the alerts that a destination refuses; a small one where nothing is said. */
  failing?: Record<string, number>;
}

const SECOND = 1000;
const MINUTE = 60 * SECOND;

/** Eight Falcos of several versions, engines and architectures, none of them in trouble. */
const HEALTHY: NodeSpec[] = [
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

/** The healthy fleet with changes on some nodes, by number. */
function healthyBut(changes: Record<number, Partial<NodeSpec>>): NodeSpec[] {
  return HEALTHY.map((spec, i) => ({ ...spec, ...changes[i + 1] }));
}

/** Losing about 14 % of its events: always above 10 %, whatever the hour. */
const OVERLOADED: Partial<NodeSpec> = {
  syscallsPerCpu: 61_000,
  take: 0.074,
  capacityPerCpu: 4_040,
  variation: 0.18,
  skew: 0.3,
  cpuPerEvent: 7.4e-6,
  noise: 12,
  queueLoss: 0.06,
  configFile: 'bounded-queue',
};

const BAD_ANSWERS: BadAnswer[] = [
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

export const SCENARIOS: Record<string, Scenario> = {
  demo: {
    about: 'eight Falcos, one overloaded, one moving, one restarting, one with lines that cannot be read',
    nodes: healthyBut({
      2: OVERLOADED,
      7: {
        interruption: { kind: 'move', first: 11 * MINUTE, every: 25 * MINUTE, down: 4 * SECOND, starting: 2 * SECOND },
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
    }),
  },
  healthy: { about: 'nothing is wrong', nodes: HEALTHY },
  overloaded: { about: 'worker-2 loses about 14 % of its events', nodes: healthyBut({ 2: OVERLOADED }) },
  burst: {
    about: 'worker-1 gets six times its load for three minutes, every other one copes',
    nodes: healthyBut({ 1: { burst: { from: 2 * MINUTE, to: 5 * MINUTE, factor: 6 } } }),
  },
  outage: { about: 'nothing listens where worker-8 should', nodes: healthyBut({ 8: { absent: true } }) },
  stalled: {
    about: 'userspace of worker-1 stops reading after a minute while its web server goes on',
    nodes: healthyBut({ 1: { stalledAt: MINUTE } }),
  },
  restart: {
    about: 'worker-1 restarts every three minutes',
    nodes: healthyBut({
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
    about: 'worker-1 starts, lives for ten seconds and is away for thirty',
    nodes: healthyBut({
      1: {
        interruption: { kind: 'restart', first: MINUTE, every: 40 * SECOND, down: 28 * SECOND, starting: 2 * SECOND },
      },
    }),
  },
  reload: {
    about: 'worker-1 loads its configuration anew every three minutes',
    nodes: healthyBut({
      1: { interruption: { kind: 'reload', first: 90 * SECOND, every: 3 * MINUTE, down: 0, starting: 2 * SECOND } },
    }),
  },
  'moved-pod': {
    about: 'worker-1 comes up at another address every three minutes',
    nodes: healthyBut({
      1: {
        interruption: { kind: 'move', first: 90 * SECOND, every: 3 * MINUTE, down: 4 * SECOND, starting: 2 * SECOND },
      },
    }),
  },
  'load-balancer': {
    about: 'the address of worker-1 answers now from worker-1, now from worker-2',
    nodes: healthyBut({ 1: { sharesAddressWith: 'worker-2' } }),
  },
  'rules-drift': {
    about: 'worker-4 has another rule file',
    nodes: healthyBut({ 4: { rules: [...RULES.slice(0, 6), LOCAL_RULE], rulesFile: 'payments' } }),
  },
  'full-thread-table': {
    about: 'the thread table of worker-1 is full',
    nodes: healthyBut({ 1: { fullThreadTable: 262_144 } }),
  },
  'queue-drops': {
    about: 'the bounded outputs queue of worker-4 loses alerts',
    nodes: healthyBut({ 4: { noise: 15, queueLoss: 0.12, configFile: 'bounded-queue' } }),
  },
  'failing-destination': {
    about: 'Slack refuses every alert',
    nodes: HEALTHY,
    failing: { slack: 1 },
  },
  'bad-answers': {
    about: 'a healthy worker-1, and one node for every kind of bad answer',
    nodes: [
      HEALTHY[0]!,
      ...BAD_ANSWERS.map((badAnswer) => nodeSpec({ name: `bad-${badAnswer}`, cpus: 2, badAnswer })),
      nodeSpec({ name: 'bad-quotes', cpus: 2, rules: [...RULES, QUOTED_RULE] }),
    ],
  },
};

/** The nodes of a scenario; further healthy ones up to `count`, or only the first ones. */
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

/** The scenario of that name; an unknown one is an error that lists them all. */
export function scenario(name: string): Scenario {
  const found = SCENARIOS[name];
  if (!found) {
    throw new Error(`unknown scenario "${name}"; there are: ${Object.keys(SCENARIOS).join(', ')}`);
  }
  return found;
}
