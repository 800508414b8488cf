import { CANARY, LOCAL_RULE, RELOAD_MESSAGE, RULES, TIMEOUT_MESSAGE } from './rules';
import { type NodeSpec } from './spec';

export const SECOND = 1000;
export const MINUTE = 60 * SECOND;

type Fault = Partial<NodeSpec>;

/** All CPUs alike and hardly any variation, so that the share of losses is as intended. */
const even: Fault = { skew: 0, variation: 0.1, syscallsPerCpu: 40_000, take: 0.05 };

/** Drops about 14 % of its events: always above 10 %, at any hour. */
const overloaded: Fault = {
  syscallsPerCpu: 61_000,
  take: 0.074,
  capacityPerCpu: 4_040,
  variation: 0.18,
  skew: 0.3,
  cpuPerEvent: 7.4e-6,
};

/** Faults of a node, each as changes to a healthy one. */
export const FAULTS = {
  overloaded,
  /** Drops about 5 % of its events. */
  lossy: { ...even, capacityPerCpu: 1_900 },
  /** Drops about 1 % of its events, process starts among them. */
  losesStarts: { ...even, capacityPerCpu: 1_980 },
  burst: { burst: { from: 2 * MINUTE, to: 5 * MINUTE, factor: 6 } },
  /** A minute of overload every ten: 8 % drops then, 1 % on average. */
  bursts: {
    skew: 0,
    variation: 0,
    syscallsPerCpu: 50_000,
    burst: { from: MINUTE, to: 2 * MINUTE, factor: 1.3, every: 10 * MINUTE },
  },
  stalled: { stalledAt: MINUTE },
  /** Its event loop hangs after a minute. */
  hung: { hangsAt: MINUTE },
  /** Its container plugin has no data. */
  containersUnseen: { containersUnseen: true },
  /** Starts every 36 minutes. */
  slowCrashLoop: {
    interruption: { kind: 'restart', first: MINUTE, every: 36 * MINUTE, down: 10 * SECOND, starting: 5 * SECOND },
  },
  /** Its responses are cut off for two minutes, then it has a new start time. */
  crashesWhileScraped: {
    interruption: {
      kind: 'restart',
      first: MINUTE,
      every: Infinity,
      down: 2 * MINUTE,
      cutsOff: true,
      starting: 2 * SECOND,
    },
  },
  /** Terminates before every scrape: nothing listens but for a moment in which it starts. */
  terminatesEarly: {
    interruption: { kind: 'restart', first: 0, every: 20 * SECOND, down: 19 * SECOND, starting: SECOND },
  },
  /** Its driver delivers no events, and no BPF statistics show that there were any. */
  blind: { engine: 'kmod', take: 0, rules: [] },
  fullThreadTable: { fullThreadTable: 262_144 },
  fillingThreadTable: { deadThreads: 222_000 },
  absent: { absent: true },
  crashLoop: {
    interruption: { kind: 'restart', first: MINUTE, every: 40 * SECOND, down: 28 * SECOND, starting: 2 * SECOND },
  },
  /** Its rules change repeatedly and do not load. */
  failedReloads: { messages: [{ rule: RELOAD_MESSAGE, every: 20 * SECOND }] },
  /** Its driver delivers no events at times. */
  timeouts: { messages: [{ rule: TIMEOUT_MESSAGE, every: 20 * SECOND }] },
  otherVersion: { version: '0.44.0' },
  otherRules: { rules: [...RULES.slice(0, 6), LOCAL_RULE], rulesFile: 'payments' },
  otherConfig: { configFile: 'node-pool-b' },
  /** About 240 MiB, for a limit of 256 MiB, and not growing. */
  fullMemory: { variation: 0, memory: { extra: 134 * 1024, growth: -2 } },
  /** Reaches a limit of 256 MiB within two hours. */
  growingMemory: { variation: 0, memory: { extra: 0, growth: 24 } },
  /** Its event loop uses one full CPU. */
  oneCpu: { cpuPerEvent: 1.35e-4 },
  queueDrops: { noise: 15, queueLoss: 0.12 },
  /** Most of its alerts never reach Falcosidekick. */
  unheard: { noise: 15, wayLoss: 0.8 },
  canary: { rules: [...RULES, CANARY] },
} satisfies Record<string, Fault>;
