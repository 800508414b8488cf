import { FAULTS, SECOND } from './faults';
import { nodeSpec, type NodeSpec } from './spec';

/**
 * A node with a canary, like all nodes here. The name describes the fault; `changes` cause it
 * quickly.
 */
function faulty(name: string, changes: Partial<NodeSpec>): NodeSpec {
  return { ...nodeSpec({ name, ...FAULTS.canary }), ...changes };
}

/**
 * One node per fault, so that each alert rule fires for exactly one node (some for two, if one
 * fault causes another). Faults that take minutes in other scenarios occur within the first minute.
 *
 * The cluster `demo` holds most of them. `unreachable`: three of five do not respond. `small`: two
 * nodes, for an `expectedInstances` of 4. `limited`: for a `memoryLimit` of 256Mi.
 */
export const everything: { nodes: NodeSpec[]; failing: Record<string, number>; backlog: number } = {
  failing: { slack: 1 },
  backlog: 4000,
  nodes: [
    ...['calm-1', 'calm-2', 'calm-3', 'calm-4', 'calm-5', 'calm-6'].map((name) => faulty(name, {})),
    faulty('overloaded', FAULTS.overloaded),
    // Steadily above the 5 % of a burst: at 5 % its hour decided whether these are bursts.
    faulty('lossy', { ...FAULTS.lossy, capacityPerCpu: 1_850 }),
    faulty('loses-starts', FAULTS.losesStarts),
    faulty('bursts', {
      ...FAULTS.bursts,
      burst: { from: 40 * SECOND, to: 45 * SECOND, factor: 1.3, every: 40 * SECOND },
    }),
    faulty('stalled', { stalledAt: 0 }),
    faulty('hung', { hangsAt: 0 }),
    faulty('blind', FAULTS.blind),
    faulty('unseen-containers', FAULTS.containersUnseen),
    faulty('full-table', FAULTS.fullThreadTable),
    faulty('filling-table', FAULTS.fillingThreadTable),
    faulty('absent', FAULTS.absent),
    faulty('crash-loop', {
      interruption: { kind: 'restart', first: 12 * SECOND, every: 12 * SECOND, down: SECOND, starting: SECOND },
    }),
    faulty('crashes-once', {
      interruption: {
        kind: 'restart',
        first: 12 * SECOND,
        every: Infinity,
        down: 3 * SECOND,
        cutsOff: true,
        starting: SECOND,
      },
    }),
    faulty('shares-kernel', { hostOf: 'calm-1' }),
    faulty('failed-reload', { messages: [{ rule: FAULTS.failedReloads.messages[0]!.rule, every: 5 * SECOND }] }),
    faulty('timeouts', { messages: [{ rule: FAULTS.timeouts.messages[0]!.rule, every: 5 * SECOND }] }),
    faulty('other-version', FAULTS.otherVersion),
    faulty('other-rules', { rulesFile: FAULTS.otherRules.rulesFile }),
    faulty('other-config', FAULTS.otherConfig),
    faulty('one-cpu', FAULTS.oneCpu),
    faulty('queue-drops', FAULTS.queueDrops),
    faulty('unheard', FAULTS.unheard),
    nodeSpec({ name: 'no-canary' }),
    ...['far-1', 'far-2'].map((name) => faulty(name, { cluster: 'unreachable' })),
    ...['far-3', 'far-4', 'far-5'].map((name) => faulty(name, { cluster: 'unreachable', absent: true })),
    ...['small-1', 'small-2'].map((name) => faulty(name, { cluster: 'small' })),
    // Falls fast enough that no two scrapes show growth, which a few new threads could cause with a
    // steady value.
    faulty('full-memory', { ...FAULTS.fullMemory, memory: { extra: 143 * 1024, growth: -60 }, cluster: 'limited' }),
    faulty('growing-memory', { ...FAULTS.growingMemory, cluster: 'limited' }),
    faulty('calm-memory', { variation: 0, memory: { extra: 40 * 1024, growth: -60 }, cluster: 'limited' }),
  ],
};
