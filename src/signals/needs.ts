import { type Engine, type Need } from './types';

/** Engines of the syscall source. Falco exports process and state metrics only with this source. */
export const syscallEngines: Engine[] = ['modern_bpf', 'kmod', 'bpf', 'gvisor', 'nodriver'];

const libbpf = {
  config: 'metrics.libbpf_stats_enabled',
  host: 'set sysctl kernel.bpf_stats_enabled=1 (kernel 5.1 or later) before Falco starts: Falco reads it once, when it opens its engine',
  cost: 'the kernel then measures every run of every BPF program on the host, some tens of nanoseconds per run',
  engines: ['modern_bpf', 'bpf'],
} satisfies Partial<Need>;

/** Requires a kernel counter that every driver has. */
export function kernelCounter(metric: string): Need {
  return { metric, config: 'metrics.kernel_event_counters_enabled', engines: ['modern_bpf', 'kmod', 'bpf'] };
}

/**
 * Requires a counter per CPU. With the kernel module, the CPU is part of the metric name instead of
 * a label.
 */
export function perCpuCounter(metric: string): Need {
  return {
    metric,
    config: 'metrics.kernel_event_counters_per_cpu_enabled',
    cost: 'two more series for every possible CPU of the node',
    engines: ['modern_bpf', 'bpf'],
  };
}

/** Requires the kernel's statistics of Falco's BPF programs. */
export function programStatistic(metric: string, anyOf: string[] = []): Need {
  return { metric, ...(anyOf.length > 0 ? { anyOf } : {}), ...libbpf };
}

/** Requires a metric of the process or the host, which exists if the syscall source is enabled. */
export function resource(metric: string): Need {
  return { metric, config: 'metrics.resource_utilization_enabled', engines: syscallEngines };
}

/** Requires a metric that every Falco exports, whatever is enabled. */
export function exportedAlways(metric: string): Need {
  return { metric };
}

/** Requires a counter of Falco's thread and file descriptor tables. */
export function stateCounter(metric: string): Need {
  return { metric, config: 'metrics.state_counters_enabled', engines: syscallEngines };
}

/** Requires a metric of another exporter, which exists only in prometheus mode. */
export function externalMetric(metric: string, from: NonNullable<Need['from']>): Need {
  return { metric, from };
}

/** Requires a metric of Falcosidekick, which has another name up to 2.29. */
export function sidekickCounter(metric: string, older: string): Need {
  return { metric, anyOf: [older] };
}

/** Requires a metric of the process or the Go runtime, which every Falcosidekick exports. */
export function sidekickProcess(metric: string): Need {
  return { metric };
}

/**
 * Requires a gauge that is written from the settings of a target (targets.ts) if the setting is
 * given.
 */
export function targetSetting(metric: string): Need {
  return { metric };
}

/**
 * The series of a rule counter appears with its first match. A missing series therefore does not
 * prove that the setting is off, and the signals give it as a reason instead of a need.
 */
export const orRuleCountersOff = 'or metrics.rules_counters_enabled is off in falco.yaml';
export const noMatchYet = `No rule has matched yet, ${orRuleCountersOff}`;
