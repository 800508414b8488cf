import { links } from '../links';
import { kernelCounter, programStatistic } from '../needs';
import { rateByProgram, runCountMetric, runTimeMetric } from '../programs';
import { anyGrouping, cpus, sumCpusWith, withLabel, rate, sumByGroup } from '../templates';
import { type Signal } from '../types';
import { cpuRatio, lessWork, recentCpu } from './cpu';

const events = 'falcosecurity_scap_n_evts_total';

const perInstance = { default: ['$identity'], allowed: anyGrouping };
const byPart = { default: ['$identity', 'part'], allowed: anyGrouping };

/** Number of CPUs that Falco uses: in its process, and in its programs in the kernel. */
const inUserspace = withLabel(`(${recentCpu})`, 'part', 'userspace');
const inKernel = withLabel(
  `(sum without (tracepoint) (${rateByProgram(runTimeMetric)}) / 1e9 and on ($identity) ${rate(runTimeMetric('sys_exit'))} > 0)`,
  'part',
  'kernel'
);
const costs = `(${inUserspace} or ${inKernel})`;
const average = withLabel(
  `(${cpuRatio}{$filter} unless on ($identity) (${recentCpu}))`,
  'part',
  'userspace, since start'
);
const perEvent = `(${costs} * 1e9 / on ($identity) group_left () (${rate(events)} > 0))`;

export const probes: Signal[] = [
  {
    id: 'probe-cpu-ratio',
    title: 'CPU usage of probes',
    dimension: 'resources',
    unit: 'percentunit',
    min: 0,
    decimals: 2,
    summary: "Share of the node's CPU time spent in Falco's BPF programs",
    description:
      "Time that the kernel measured in Falco's BPF programs, divided by the time of all CPUs of the node. It is charged to the applications that make the syscalls, not to Falco's own CPU usage: it is what they pay for being monitored. The measurement itself adds a little. There is no value if the kernel's BPF statistics are off, and none with the kernel module, which has no such statistics. Groups show the total time divided by that of all CPUs.",
    expr: `sum by ($groupBy) ((${rateByProgram(runTimeMetric)})$join) / 1e9 / ${sumCpusWith(`${rate(runTimeMetric('sys_exit'))} > 0`)}`,
    groupBy: perInstance,
    needs: [programStatistic(runTimeMetric('sys_exit'))],
    advice: [
      {
        when: 'Applications became slower after Falco was installed or upgraded.',
        change:
          'Reduce the monitored syscalls with base_syscalls.custom_set and base_syscalls.repair: true. Upgrade to Falco 0.42 or later, which monitors the entry of only five syscalls.',
        cost: 'Rules on excluded syscalls no longer match.',
      },
    ],
    link: links.performance,
    noValueReason: 'The BPF statistics are frozen: they are off, or were switched off after Falco started',
  },
  {
    id: 'tracepoint-cpu-ratio',
    title: 'CPU usage by tracepoint',
    dimension: 'resources',
    unit: 'percentunit',
    min: 0,
    summary: "Share of the node's CPU time spent in each of Falco's BPF programs",
    description:
      'Same as probe-cpu-ratio, for each program: shows where the time goes. The shares of a node add up to its probe-cpu-ratio. Groups show the mean of the nodes that have the program.',
    expr: `avg by ($groupBy) (((${rateByProgram(runTimeMetric)}) > 0) / 1e9 / on ($identity) group_left () ${cpus})`,
    groupBy: { default: ['$identity', 'tracepoint'], allowed: [] },
    needs: [programStatistic(runTimeMetric('sys_exit'))],
    advice: [
      {
        when: 'One program takes most of the time.',
        change:
          'sys_exit: reduce the monitored syscalls with base_syscalls.custom_set and base_syscalls.repair: true. sched_switch or page faults: remove them from base_syscalls.custom_set and from rules. Process starts and exits cannot be excluded.',
        cost: 'Rules on excluded events no longer match.',
      },
    ],
    link: links.performance,
    noValueReason: 'The BPF statistics are frozen: they are off, or were switched off after Falco started',
  },
  {
    id: 'probe-run-time',
    title: 'Probe run time',
    dimension: 'resources',
    unit: 'ns',
    min: 0,
    summary: "Nanoseconds per run of each of Falco's BPF programs",
    description:
      "Time spent in a program divided by its runs within the window (Falco's own average covers the time since the program was loaded). Grouped by node alone, it is the average over all programs. The Falco documentation shows about 200 ns at syscall exits and 2000 ns at process exits for one machine. There is no value without runs.",
    expr: `sum by ($groupBy) ((${rateByProgram(runTimeMetric)})$join) / (sum by ($groupBy) ((${rateByProgram(runCountMetric)})$join) > 0)`,
    groupBy: { default: ['$identity', 'tracepoint'], allowed: anyGrouping },
    needs: [programStatistic(runTimeMetric('sys_exit')), programStatistic(runCountMetric('sys_exit'))],
    advice: [
      {
        when: 'The time per run rose while the load did not.',
        change: 'Look for contention: lower engine.modern_ebpf.cpus_for_each_buffer to have more buffers.',
        cost: 'More buffers take more memory.',
      },
    ],
    link: links.dropping,
    noValueReason: 'No program ran within the window, or the BPF statistics are off',
  },
  {
    id: 'total-cpu-cost',
    title: 'Total CPU cost',
    dimension: 'resources',
    unit: 'count:CPUs',
    decimals: 3,
    min: 0,
    summary: 'Number of CPUs that Falco uses, in its process and in its programs in the kernel',
    description:
      "Part userspace: the CPU usage of the process within the window (cpu-usage-ratio), or, if that is unknown, part “userspace, since start”: its average since the start. Part kernel: the time of Falco's BPF programs, which is charged to the applications; missing with the kernel module and if the BPF statistics are off. 1 is one full CPU. The parts add up to Falco's cost on the node. Groups show the sum.",
    expr: sumByGroup(`${costs} or ${average}`),
    groupBy: byPart,
    needs: [programStatistic(runTimeMetric('sys_exit'))],
    advice: [lessWork],
    link: links.performance,
    noValueReason: 'Neither part is known: the BPF statistics are frozen, and Falco exports no CPU usage',
  },
  {
    id: 'cpu-time-per-event',
    title: 'CPU time per event',
    dimension: 'resources',
    unit: 'ns',
    min: 0,
    summary: 'CPU time in nanoseconds that Falco spends per kernel event',
    description:
      "The CPU cost of each part (see total-cpu-cost) divided by the rate of kernel events. Falco's cost follows the load; this value is normalised by load and shows the effect of changing rules, settings or versions. Falco 0.42 roughly halved the events, so do not compare across that version. The programs run at every syscall, including those that Falco does not monitor, so the kernel part rises if Falco monitors few of them. Unknown parts are missing. Groups show the mean of their nodes.",
    expr: `sum by ($groupBy) (${perEvent}$join) / count by ($groupBy) (count by ($identity, $groupBy) (${perEvent}$join))`,
    groupBy: byPart,
    needs: [kernelCounter(events), programStatistic(runTimeMetric('sys_exit'))],
    advice: [
      {
        when: 'The userspace part rose after a change of rules.',
        change: 'Put cheap conditions first in rules on frequent syscalls, and remove rules that are not needed.',
        cost: 'Removed rules no longer detect anything.',
      },
      lessWork,
    ],
    link: links.performance,
    noValueReason:
      'The node had no events, or neither part is known: the BPF statistics are frozen, and cpu-usage-ratio has no value',
  },
];
