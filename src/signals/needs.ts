import { type Engine, type Need } from './types';

/** Falco writes figures of its process and its tables only where it has the source of system calls. */
export const syscallEngines: Engine[] = ['modern_bpf', 'kmod', 'bpf', 'gvisor', 'nodriver'];

const libbpf = {
  config: 'metrics.libbpf_stats_enabled',
  host: 'sysctl kernel.bpf_stats_enabled=1 (kernel 5.1 or later) before Falco starts: Falco looks at it once, when it opens its engine',
  cost: 'the kernel then times every run of every BPF program on the host, some tens of nanoseconds a run',
  engines: ['modern_bpf', 'bpf'],
} satisfies Partial<Need>;

/** A kernel counter that every driver has. */
export function kernelCounter(metric: string): Need {
  return { metric, config: 'metrics.kernel_event_counters_enabled', engines: ['modern_bpf', 'kmod', 'bpf'] };
}

/** A counter per CPU; with the kernel module the CPU is not told by a label. */
export function perCpuCounter(metric: string): Need {
  return {
    metric,
    config: 'metrics.kernel_event_counters_per_cpu_enabled',
    cost: 'two more series for every possible CPU of the node',
    engines: ['modern_bpf', 'bpf'],
  };
}

/** Statistics that the kernel keeps about Falco's BPF programs. */
export function programStatistic(metric: string, anyOf: string[] = []): Need {
  return { metric, ...(anyOf.length > 0 ? { anyOf } : {}), ...libbpf };
}

/** A figure of the process or the host, present when the syscall source is on. */
export function resource(metric: string): Need {
  return { metric, config: 'metrics.resource_utilization_enabled', engines: syscallEngines };
}

/** A figure that every Falco writes, whatever is switched on. */
export function always(metric: string): Need {
  return { metric };
}

/** A counter of Falco's own tables of threads and files. */
export function stateCounter(metric: string): Need {
  return { metric, config: 'metrics.state_counters_enabled', engines: syscallEngines };
}

/** A metric of another exporter, which only a store can have. */
export function foreign(metric: string, from: NonNullable<Need['from']>): Need {
  return { metric, from };
}

/** One metric of Falcosidekick; up to 2.29 it had another name. */
export function sidekickCounter(metric: string, older: string): Need {
  return { metric, anyOf: [older] };
}

/** A gauge made of the settings of a target (targets.ts): it is missing where nothing is set. */
export function setting(metric: string): Need {
  return { metric };
}

/**
 * Counters of rules, which appear with their first match: that a node has none says nothing about the
 * switch, so it is told as a reason for having no value instead of being needed.
 */
export const orOff = 'or metrics.rules_counters_enabled is off in falco.yaml';
export const noMatchYet = `No rule has matched yet, ${orOff}`;
