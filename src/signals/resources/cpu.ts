import { links } from '../links';
import { exportedAlways, externalMetric, resource, targetSetting } from '../needs';
import { anyGrouping, cpus, maxByGroup } from '../templates';
import { type Advice, type Signal, type Thresholds } from '../types';

export const cpuRatio = 'falcosecurity_falco_cpu_usage_ratio';
export const duration = 'falcosecurity_falco_duration_seconds_total';
export const started = 'falcosecurity_falco_start_timestamp_nanoseconds';
/** CPU limit from the settings of the target, in CPUs; exists only if it is set. */
export const cpuLimit = 'falco_target_cpu_limit';

const periods = 'container_cpu_cfs_periods_total';
const throttledPeriods = 'container_cpu_cfs_throttled_periods_total';

const perInstance = { default: ['$identity'], allowed: anyGrouping };

const oneCpu: Thresholds = {
  direction: 'above',
  warning: 0.8,
  critical: 1,
  because:
    'Falco processes events on a single thread: at one full CPU it cannot go faster, and it drops events. The Falco documentation recommends staying below one CPU; the margin of 20 % is ours.',
  source: links.performance,
};

export const lessWork: Advice = {
  when: 'Falco is near one full CPU.',
  change:
    'Reduce the monitored syscalls with base_syscalls.custom_set and base_syscalls.repair: true, set engine.modern_ebpf.drop_failed_exit: true (engine.kmod.drop_failed_exit with the kernel module), and simplify rules on frequent syscalls.',
  cost: 'Rules on excluded syscalls no longer match, and Falco does not see failed attempts.',
};

/** Divides a CPU usage by what Falco can use: one CPU, or its limit if that is lower. */
export function divideByCapacity(usage: string): string {
  const capacity = `(clamp_max(${cpuLimit}{$filter} > 0, 1) or on ($identity) 0 * ${duration}{$filter} + 1)`;
  return `((${usage}) / on ($identity) group_left () ${capacity})`;
}

const raiseCpuLimit: Advice = {
  when: 'Falco is near its limit.',
  change:
    'Raise the CPU limit of the container (resources.limits.cpu in the Helm chart). The event loop uses at most one full CPU.',
  cost: 'CPU time that other containers of the node may need.',
};

/** Returns the CPU seconds used since the start, now or with the given `offset`. */
const used = (offset: string) => `${cpuRatio}{$filter}${offset} * ${duration}{$filter}${offset}`;

/**
 * Returns the CPU usage of the current process within a window, if the rounding error of Falco's
 * averages is below `error`.
 */
function cpuUsageWithin(window: string, error: number): string {
  const before = ` offset ${window}`;
  const elapsed = `${duration}{$filter} - ${duration}{$filter}${before} > 0`;
  const rounding = `0.0005 * (${duration}{$filter} + ${duration}{$filter}${before}) / (${elapsed})`;
  const sameProcess = `${started}{$filter} == ${started}{$filter}${before}`;
  return `clamp_min((${used('')} - ${used(before)}) / (${elapsed}), 0) and ${rounding} < ${error} and ${sameProcess}`;
}

export const recentCpu = cpuUsageWithin('$window', 0.02);
export const averageCpu = ['15m', '1h', '6h', '12h'].map((window) => cpuUsageWithin(window, 0.1)).join(' or ');

/** Returns the per-second increase of a cAdvisor counter in Falco's container. */
const containerRate = (metric: string, window: string) =>
  `sum by (namespace, pod) (rate(${metric}{container="falco"}[${window}]))`;

/** Assigns one value per pod to the Falco instance in it. */
const joinPods = (pods: string) =>
  `${pods} * on (namespace, pod) group_right () group by (namespace, pod, $identity) (falcosecurity_falco_version_info{$filter})`;

/**
 * Returns the CPU usage of Falco's container within a window, or within five minutes if cAdvisor is
 * scraped less often. `plain` is used for Falco instances whose container is unknown.
 */
function containerCpu(window: string, plain: string): string {
  const used = (within: string) => containerRate('container_cpu_usage_seconds_total', within);
  const container = joinPods(`(${used(window)} or ${used('5m')})`);
  return `${container} or (${plain} unless on ($identity) ${container})`;
}
const ofContainer = {
  metrics: ['container_cpu_usage_seconds_total'],
  extraDescription:
    "With cAdvisor metrics in Prometheus, the value is the CPU usage of the pod's container named falco, whatever its age, for Falco series with the labels namespace and pod.",
};

/** Why a value that depends on the current CPU usage is missing. */
const cpuUnknown =
  'The process is too old for the window or for the length of the history, or it restarted within it. Choose a longer window (1h works for processes up to 20 hours old)';

const averageUnknown =
  'The history is shorter than the age of the process requires, or the process restarted within 15 minutes. See cpu-usage-since-start-ratio';

export const cpu: Signal[] = [
  {
    id: 'cpu-usage-since-start-ratio',
    title: 'CPU usage since start',
    dimension: 'resources',
    unit: 'percentunit',
    min: 0,
    summary: 'CPU that Falco used on average since its start; 100 % is one full CPU',
    description:
      "Falco's own metric. It is the average since the process started, not the current usage: after days, an hour of high usage hardly changes it. 100 % is one full CPU, whatever the size of the node. The time of Falco's programs in the kernel is charged to the processes that make the syscalls and is not included: see probe-cpu-ratio. Groups show the maximum.",
    expr: maxByGroup(`${cpuRatio}{$filter}`),
    groupBy: perInstance,
    needs: [resource(cpuRatio)],
    thresholds: oneCpu,
    advice: [lessWork],
    link: links.performance,
  },
  {
    id: 'cpu-usage-ratio',
    title: 'CPU usage',
    dimension: 'resources',
    unit: 'percentunit',
    min: 0,
    summary: 'CPU that Falco used within the window; 100 % is one full CPU',
    description:
      "Calculated from two of Falco's averages since its start. Falco rounds them to 0.1 % of a CPU, and the resulting error grows with the age of the process. There is a value only while the error is below 2 % of a CPU, which is about 20 windows after the start (20 minutes with a window of one minute, 20 hours with one hour), and none across a restart. Choose a longer window for an old process, or measure its container instead. Groups show the maximum.",
    expr: maxByGroup(`(${recentCpu})`),
    inStore: { expr: maxByGroup(`(${containerCpu('$window', recentCpu)})`), ...ofContainer },
    groupBy: perInstance,
    needs: [resource(cpuRatio), exportedAlways(duration), exportedAlways(started)],
    thresholds: oneCpu,
    advice: [lessWork],
    link: links.performance,
    noValueReason: cpuUnknown,
  },
  {
    id: 'cpu-usage-avg-ratio',
    title: 'Average CPU usage',
    dimension: 'resources',
    unit: 'percentunit',
    min: 0,
    summary: 'CPU that Falco used in the last 15 minutes to 12 hours; 100 % is one full CPU',
    description:
      "Same as cpu-usage-ratio, over the shortest of 15 minutes, 1 hour, 6 hours and 12 hours for which Falco's rounding error is below 10 % of a CPU, whatever the window of the query. 15 minutes work for about a day after the start, 1 hour for four days, 6 hours for 25 days and 12 hours for 50 days. The history must be as long. It is meant for checks and alert rules: in a graph, its meaning changes over time. Groups show the maximum.",
    expr: maxByGroup(`(${averageCpu})`),
    inStore: { expr: maxByGroup(`(${containerCpu('15m', `(${averageCpu})`)})`), ...ofContainer },
    groupBy: perInstance,
    needs: [resource(cpuRatio), exportedAlways(duration), exportedAlways(started)],
    thresholds: oneCpu,
    advice: [lessWork],
    link: links.performance,
    noValueReason: averageUnknown,
  },
  {
    id: 'cpu-capacity-ratio',
    title: 'CPU capacity usage',
    dimension: 'resources',
    unit: 'percentunit',
    min: 0,
    summary: 'CPU that Falco used in the last 15 minutes to 12 hours, as a share of what it can use',
    description:
      'The average CPU usage (cpu-usage-avg-ratio) divided by one CPU, which is the most that the event loop can use, or by the CPU limit in the settings of the target if that is lower. At 100 %, Falco cannot process events faster. Groups show the maximum.',
    expr: maxByGroup(divideByCapacity(averageCpu)),
    inStore: { expr: maxByGroup(divideByCapacity(containerCpu('15m', `(${averageCpu})`))), ...ofContainer },
    groupBy: perInstance,
    needs: [resource(cpuRatio), exportedAlways(duration)],
    thresholds: oneCpu,
    advice: [raiseCpuLimit, lessWork],
    link: links.performance,
    noValueReason: averageUnknown,
  },
  {
    id: 'cpu-capacity-since-start-ratio',
    title: 'CPU capacity usage since start',
    dimension: 'resources',
    unit: 'percentunit',
    min: 0,
    summary: 'CPU that Falco used on average since its start, as a share of what it can use',
    description:
      "Falco's own average (cpu-usage-since-start-ratio) divided by one CPU, or by the CPU limit in the settings of the target if that is lower. Groups show the maximum.",
    expr: maxByGroup(divideByCapacity(`${cpuRatio}{$filter}`)),
    groupBy: perInstance,
    needs: [resource(cpuRatio)],
    thresholds: oneCpu,
    advice: [raiseCpuLimit, lessWork],
    link: links.performance,
  },
  {
    id: 'cpu-limit-ratio',
    title: 'CPU limit usage',
    dimension: 'resources',
    unit: 'percentunit',
    min: 0,
    summary: 'CPU that Falco used within the window, as a share of its limit',
    description:
      'The CPU usage within the window (cpu-usage-ratio) divided by the CPU limit in the settings of the target. At the limit, the kernel throttles Falco for the rest of each period, and the ring buffer overflows although the node may have idle CPUs. There is a value only if a limit is set and the current CPU usage is known. Groups show the maximum.',
    expr: maxByGroup(`((${recentCpu}) / on ($identity) group_left () (${cpuLimit}{$filter} > 0))`),
    inStore: {
      expr: maxByGroup(
        `((${containerCpu('$window', recentCpu)}) / on ($identity) group_left () (${cpuLimit}{$filter} > 0))`
      ),
      ...ofContainer,
    },
    groupBy: perInstance,
    needs: [resource(cpuRatio), exportedAlways(duration), exportedAlways(started), targetSetting(cpuLimit)],
    thresholds: {
      direction: 'above',
      warning: 0.8,
      critical: 0.95,
      because: 'A throttled Falco drops events even if the node has idle CPUs. The thresholds are ours.',
      source: links.performance,
    },
    advice: [raiseCpuLimit, lessWork],
    link: links.performance,
    noValueReason: cpuUnknown,
  },
  {
    id: 'cpu-throttled-ratio',
    title: 'CPU throttling',
    dimension: 'resources',
    unit: 'percentunit',
    min: 0,
    max: 1,
    summary: "Share of CPU periods within the window in which Falco's container was throttled",
    description:
      "The share of periods (0.1 s) with work for the pod's container named falco in which it used up its CPU limit and was throttled for the rest. Meanwhile the ring buffers fill up. The kernel counts this and cAdvisor exports it. Requires prometheus mode with cAdvisor, a CPU limit, and Falco series with the labels namespace and pod. Groups show the maximum.",
    expr: maxByGroup(
      `(${joinPods(`(${containerRate(throttledPeriods, '$window')} / (${containerRate(periods, '$window')} > 0))`)})`
    ),
    groupBy: perInstance,
    needs: [externalMetric(periods, 'cAdvisor'), externalMetric(throttledPeriods, 'cAdvisor')],
    thresholds: {
      direction: 'above',
      warning: 0.05,
      critical: 0.25,
      because: 'A throttled Falco drops events although the node may have idle CPUs. The thresholds are ours.',
      source: links.performance,
    },
    advice: [raiseCpuLimit],
    link: links.performance,
    noValueReason: "Falco's container has no CPU limit, or its series lack the labels namespace and pod",
  },
  {
    id: 'node-cpu-since-start-ratio',
    title: 'Node CPU share since start',
    dimension: 'resources',
    unit: 'percentunit',
    decimals: 2,
    min: 0,
    summary: 'CPU that Falco used on average since its start, as a share of all CPUs of the node',
    description:
      "Falco's own metric divided by the CPUs that were online when it started. It is an average since the start, not the current usage. It shows what Falco takes from the node; whether Falco can keep up depends on its share of one CPU (cpu-usage-since-start-ratio). Groups show the maximum.",
    expr: maxByGroup(`(${cpuRatio}{$filter} / ${cpus})`),
    groupBy: perInstance,
    needs: [resource(cpuRatio)],
    advice: [lessWork],
    link: links.performance,
  },
];
