import { cpuLifetime, dropsByCause, kernelTotals, memory } from './libs-counters';
import { type Phase } from './life';
import { type NodeState } from './node';

/** The true values of a node over a window, derived from its counters; rates are per second. */
export interface NodeTruth {
  node: string;
  phase: Phase;
  version: string;
  engine: string;
  arch: string;
  kernel: string;
  cpus: number;
  libbpf: boolean;
  perCpu: boolean;
  uptimeSeconds: number;
  /** Shorter than requested if the counters started inside the window; 0 if nothing is known. */
  windowSeconds: number;
  /** Drops ÷ events, where events include drops; NaN (null in JSON) without events. */
  dropRatio: number;
  dropsPerSecond: number;
  /**
   * Shares of the drops per second by cause, including `uncategorised` and `other` (oversized or
   * page faults).
   */
  dropsByCause: Record<string, number>;
  /** Drop ratio of the worst CPU. */
  worstCpuDropRatio: number;
  eventsPerSecond: number;
  eventsPerSecondPerCpu: number;
  /** Server load: syscalls per second and CPU, whether or not this Falco can export it. */
  syscallsPerSecondPerCpu: number;
  /** Share of the node's CPU time spent in Falco's programs; 0 if the engine has none. */
  probeCpuShare: number;
  nanosecondsPerSyscall: number;
  /** CPUs that Falco's userspace uses; 1 is one full CPU. */
  cpuNow: number;
  cpuLifetime: number;
  rssBytes: number;
  threads: number;
  matchesPerSecond: number;
  queueDropsPerSecond: number;
}

function sum<T>(list: T[], pick: (item: T) => number): number {
  return list.reduce((total, item) => total + pick(item), 0);
}

/** The true values between two states of one node, `before` being the earlier one. */
export function truth(before: NodeState, after: NodeState): NodeTruth {
  const { spec } = after;
  const same = before.openedAt === after.openedAt && before.at >= after.openedAt;
  const seconds = Math.max(0, (after.at - Math.max(before.at, after.openedAt)) / 1000);
  // Counters were 0 when the capture opened.
  const rate = (pick: (state: NodeState) => number) => (pick(after) - (same ? pick(before) : 0)) / seconds;
  const scanned = (state: NodeState) =>
    sum(
      state.programs.filter(({ name }) => !name.startsWith('dump_task')),
      (p) => p.nanoseconds
    );
  const cpuSeconds = before.startedAt === after.startedAt ? after.cpuSeconds - before.cpuSeconds : after.cpuSeconds;
  const causes = (state: NodeState) => {
    const { bufferDrops, otherDrops } = kernelTotals(state);
    const list: Record<string, number> = {};
    for (const { drop, count } of dropsByCause(state)) {
      list[drop] = (list[drop] ?? 0) + count;
    }
    return { ...list, uncategorised: bufferDrops - sum(Object.values(list), (count) => count), other: otherDrops };
  };
  const exit = (pick: 'runs' | 'nanoseconds') => (state: NodeState) =>
    state.programs.find(({ name }) => name === 'sys_exit')?.[pick] ?? 0;
  const cpuRatio = (cpu: number) =>
    rate(({ cpus }) => cpus[cpu]!.bufferDrops + cpus[cpu]!.otherDrops) / rate(({ cpus }) => cpus[cpu]!.events);
  const events = rate((state) => kernelTotals(state).events);
  const drops = rate((state) => kernelTotals(state).drops);
  return {
    node: spec.name,
    phase: after.phase,
    version: spec.version,
    engine: spec.engine,
    arch: spec.arch,
    kernel: spec.kernel,
    cpus: spec.cpus,
    libbpf: spec.switches.libbpf && after.programs.length > 0,
    perCpu: spec.switches.perCpu,
    uptimeSeconds: Math.max(0, (after.at - after.startedAt) / 1000),
    windowSeconds: seconds,
    dropRatio: drops / events,
    dropsPerSecond: drops,
    dropsByCause: Object.fromEntries(
      Object.keys(causes(after)).map((cause) => [
        cause,
        rate((state) => (causes(state) as Record<string, number>)[cause]!),
      ])
    ),
    worstCpuDropRatio: Math.max(...after.cpus.map((_, cpu) => cpuRatio(cpu))),
    eventsPerSecond: events,
    eventsPerSecondPerCpu: events / spec.cpus,
    syscallsPerSecondPerCpu: rate(({ syscalls }) => syscalls) / spec.cpus,
    probeCpuShare: rate(scanned) / 1e9 / spec.cpus,
    nanosecondsPerSyscall: rate(exit('nanoseconds')) / rate(exit('runs')),
    cpuNow: cpuSeconds / Math.min((after.at - before.at) / 1000, (after.at - after.startedAt) / 1000),
    cpuLifetime: cpuLifetime(after),
    rssBytes: memory(after).rss * 1024,
    threads: after.threads.table,
    matchesPerSecond: rate(({ matches }) => sum(matches, ({ count }) => count)),
    queueDropsPerSecond: rate(({ queueDrops }) => queueDrops),
  };
}
