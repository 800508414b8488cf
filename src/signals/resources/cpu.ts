import { links } from '../links';
import { always, foreign, resource, setting } from '../needs';
import { anyGrouping, cpus, highest } from '../templates';
import { type Advice, type Signal, type Thresholds } from '../types';

export const cpuRatio = 'falcosecurity_falco_cpu_usage_ratio';
export const duration = 'falcosecurity_falco_duration_seconds_total';
export const started = 'falcosecurity_falco_start_timestamp_nanoseconds';
/** The CPU limit of the target's settings, in CPUs; only where one is set. */
const cpuLimit = 'falco_target_cpu_limit';

const periods = 'container_cpu_cfs_periods_total';
const throttledPeriods = 'container_cpu_cfs_throttled_periods_total';

const perInstance = { default: ['$identity'], allowed: anyGrouping };

const oneCpu: Thresholds = {
  direction: 'above',
  warning: 0.8,
  critical: 1,
  because:
    'An event goes through Falco on a single thread: at one full CPU it cannot go faster, and drops follow. The project asks to stay below one; the margin of a fifth is ours.',
  source: links.performance,
};

export const lessWork: Advice = {
  when: 'Falco is near one full CPU.',
  change:
    'Cut the system calls that Falco takes with base_syscalls.custom_set and base_syscalls.repair: true, set engine.modern_ebpf.drop_failed_exit: true (engine.kmod.drop_failed_exit with the kernel module), and slim down rules on frequent system calls.',
  cost: 'Rules on system calls that are left out no longer match; failed attempts are not seen.',
};

const raiseCpuLimit: Advice = {
  when: 'Falco is near its limit.',
  change:
    'Raise the CPU limit of the container (resources.limits.cpu in the Helm chart); one full CPU is all that its event loop can use.',
  cost: 'CPU time that other containers of the node may want.',
};

/** CPU seconds used since the start; `offset` is empty or a window ago. */
const used = (offset: string) => `${cpuRatio}{$filter}${offset} * ${duration}{$filter}${offset}`;

/** CPU that the process of now used within a window, where the rounding of Falco's averages is off by less than `error`. */
function usedWithin(window: string, error: number): string {
  const before = ` offset ${window}`;
  const elapsed = `${duration}{$filter} - ${duration}{$filter}${before} > 0`;
  const rounding = `0.0005 * (${duration}{$filter} + ${duration}{$filter}${before}) / (${elapsed})`;
  const sameProcess = `${started}{$filter} == ${started}{$filter}${before}`;
  return `clamp_min((${used('')} - ${used(before)}) / (${elapsed}), 0) and ${rounding} < ${error} and ${sameProcess}`;
}

export const recentCpu = usedWithin('$window', 0.02);
const lately = ['15m', '1h', '6h', '12h'].map((window) => usedWithin(window, 0.1)).join(' or ');

/** How much a counter of cAdvisor's rose per second in Falco's container. */
const inContainer = (metric: string, window: string) =>
  `sum by (namespace, pod) (rate(${metric}{container="falco"}[${window}]))`;

/** What is known of pods, one value each, brought to the Falcos in them. */
const toFalco = (pods: string) =>
  `${pods} * on (namespace, pod) group_right () group by (namespace, pod, $identity) (falcosecurity_falco_version_info{$filter})`;

/**
 * CPU of Falco's container within a window, of five minutes where cAdvisor is scraped too seldom for that; `plain` for
 * the Falcos whose container is not known.
 */
function containerCpu(window: string, plain: string): string {
  const used = (within: string) => inContainer('container_cpu_usage_seconds_total', within);
  const container = toFalco(`(${used(window)} or ${used('5m')})`);
  return `${container} or (${plain} unless on ($identity) ${container})`;
}
const ofContainer = {
  metrics: ['container_cpu_usage_seconds_total'],
  extraDescription:
    'The store has cAdvisor’s figures: the CPU is that of the container named falco of the pod, whatever its age, for Falcos whose series have the labels namespace and pod.',
};

/** Why a figure that rests on the present CPU use has no value. */
const cpuUnknown =
  'The process is too old for the window, or was restarted within it: choose a longer window (one of 1h serves a process for 20 hours)';

export const cpu: Signal[] = [
  {
    id: 'cpu-usage-since-start-ratio',
    title: 'CPU usage since start',
    dimension: 'resources',
    unit: 'percentunit',
    min: 0,
    summary: 'CPU that Falco used on average since it started; 100 % is one full CPU',
    description:
      'Falco’s own figure. It is the average since the process started, not the present use: after days a burst of an hour hardly moves it. 100 % is one full CPU, whatever the node has. The time that Falco’s programs take in the kernel is charged to the processes that make the system calls and not in here: see the probe CPU share. A group of nodes shows its highest.',
    expr: highest(`${cpuRatio}{$filter}`),
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
      'Worked out of two of Falco’s averages since its start. Falco rounds them to 0.1 % of a CPU, which weighs the more the longer it runs: there is a figure only while the rounding is below 2 % of a CPU, that is for about 20 windows after the start (a window of one minute: 20 minutes; of one hour: 20 hours), and none across a restart. Choose a longer window for a Falco that has run for long, or measure its container instead. A group of nodes shows its highest.',
    expr: highest(`(${recentCpu})`),
    inStore: { expr: highest(`(${containerCpu('$window', recentCpu)})`), ...ofContainer },
    groupBy: perInstance,
    needs: [resource(cpuRatio), always(duration), always(started)],
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
      'As cpu-usage-ratio, over the shortest of the last 15 minutes, hour, 6 hours and 12 hours in which Falco’s rounding weighs less than 10 % of a CPU, whatever window is asked for: 15 minutes serve for about a day after the start, an hour for four days, 6 hours for 25 days, 12 hours for 50 days. The history has to reach back as far. For verdicts and alert rules: a graph of it changes its meaning on the way. A group of nodes shows its highest.',
    expr: highest(`(${lately})`),
    inStore: { expr: highest(`(${containerCpu('15m', `(${lately})`)})`), ...ofContainer },
    groupBy: perInstance,
    needs: [resource(cpuRatio), always(duration), always(started)],
    thresholds: oneCpu,
    advice: [lessWork],
    link: links.performance,
    noValueReason:
      'The history does not reach back as far as the age of the process asks for, or the process was restarted within 15 minutes; the average since the start is known',
  },
  {
    id: 'cpu-limit-ratio',
    title: 'CPU limit usage',
    dimension: 'resources',
    unit: 'percentunit',
    min: 0,
    summary: 'CPU that Falco used within the window, as a share of its limit',
    description:
      'The CPU use of the window (cpu-usage-ratio) divided by the CPU limit that the target has in the settings of the data source. At the limit the kernel halts Falco for the rest of each period, and the ring buffer overflows meanwhile, although the node may have CPUs to spare. There is a figure only where a limit is set, and where the present CPU use can be known. A group of nodes shows its highest.',
    expr: highest(`((${recentCpu}) / on ($identity) group_left () (${cpuLimit}{$filter} > 0))`),
    inStore: {
      expr: highest(
        `((${containerCpu('$window', recentCpu)}) / on ($identity) group_left () (${cpuLimit}{$filter} > 0))`
      ),
      ...ofContainer,
    },
    groupBy: perInstance,
    needs: [resource(cpuRatio), always(duration), always(started), setting(cpuLimit)],
    thresholds: {
      direction: 'above',
      warning: 0.8,
      critical: 0.95,
      because: 'A Falco that is throttled loses events whatever the node could spare. The bounds are ours.',
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
    summary: 'Share of time slices within the window in which Falco’s container was halted at its CPU limit',
    description:
      'Of the periods (0.1 s) in which the container named falco of the pod wanted to run, the share in which it used up its CPU limit and was halted for the rest. Meanwhile the ring buffers fill. The kernel counts it, cAdvisor exports it: there is a figure only over a store that has cAdvisor’s figures, where a limit is set, and where Falco’s series have the labels namespace and pod. A group of nodes shows its highest.',
    expr: highest(
      `(${toFalco(`(${inContainer(throttledPeriods, '$window')} / (${inContainer(periods, '$window')} > 0))`)})`
    ),
    groupBy: perInstance,
    needs: [foreign(periods, 'cAdvisor'), foreign(throttledPeriods, 'cAdvisor')],
    thresholds: {
      direction: 'above',
      warning: 0.05,
      critical: 0.25,
      because: 'A Falco that is halted loses events although the node may have CPUs to spare. The bounds are ours.',
      source: links.performance,
    },
    advice: [raiseCpuLimit],
    link: links.performance,
    noValueReason: 'Falco’s container has no CPU limit, or its series lack the labels namespace and pod',
  },
  {
    id: 'node-cpu-since-start-ratio',
    title: 'Node CPU share since start',
    dimension: 'resources',
    unit: 'percentunit',
    decimals: 2,
    min: 0,
    summary: 'CPU that Falco used on average since it started, as a share of all CPUs of the node',
    description:
      'Falco’s own figure divided by the CPUs of the node that were online when it started. Like that figure it is an average since the start, not the present use. It tells what Falco takes from the node; whether Falco itself can keep up is told by the share of one CPU. A group of nodes shows its highest.',
    expr: highest(`(${cpuRatio}{$filter} / ${cpus})`),
    groupBy: perInstance,
    needs: [resource(cpuRatio)],
    advice: [lessWork],
    link: links.performance,
  },
];
