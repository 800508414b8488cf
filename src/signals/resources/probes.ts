import { links } from '../links';
import { kernelCounter, programStatistic } from '../needs';
import { byProgram, runs, runTime } from '../programs';
import { anyGrouping, cpus, cpusWith, named, rate, total } from '../templates';
import { type Signal } from '../types';
import { cpuRatio, lessWork, recentCpu } from './cpu';

const events = 'falcosecurity_scap_n_evts_total';

const perInstance = { default: ['$identity'], allowed: anyGrouping };
const byPart = { default: ['$identity', 'part'], allowed: anyGrouping };

/** CPUs that Falco keeps busy: in its process, and in its programs in the kernel. */
const inUserspace = named(`(${recentCpu})`, 'part', 'userspace');
const inKernel = named(
  `(sum without (tracepoint) (${byProgram(runTime)}) / 1e9 and on ($identity) ${rate(runTime('sys_exit'))} > 0)`,
  'part',
  'kernel'
);
const costs = `(${inUserspace} or ${inKernel})`;
const average = named(`(${cpuRatio}{$filter} unless on ($identity) (${recentCpu}))`, 'part', 'userspace, since start');
const perEvent = `(${costs} * 1e9 / on ($identity) group_left () (${rate(events)} > 0))`;

export const probes: Signal[] = [
  {
    id: 'probe-cpu-ratio',
    title: 'CPU usage of probes',
    dimension: 'resources',
    unit: 'percentunit',
    min: 0,
    decimals: 2,
    summary: 'Share of the node’s CPU time spent in Falco’s programs in the kernel',
    description:
      'Time that the kernel measured in Falco’s BPF programs, divided by the time of all CPUs of the node. It is charged to the applications that make the system calls, not to Falco’s own CPU use, and so is what they pay for being watched. The kernel’s measuring adds a little to it. No figure where its statistics of BPF programs are off, and none with the kernel module, which has no such statistics. A group of nodes shows all its time divided by that of all its CPUs.',
    expr: `sum by ($groupBy) ((${byProgram(runTime)})$join) / 1e9 / ${cpusWith(`${rate(runTime('sys_exit'))} > 0`)}`,
    groupBy: perInstance,
    needs: [programStatistic(runTime('sys_exit'))],
    advice: [
      {
        when: 'Applications became slower since Falco runs, or after it was upgraded.',
        change:
          'Cut the system calls that Falco takes with base_syscalls.custom_set and base_syscalls.repair: true; upgrade to Falco 0.42 or later, which looks at the entry of five system calls only.',
        cost: 'Rules on system calls that are left out no longer match.',
      },
    ],
    link: links.performance,
    noValueReason: 'The statistics of BPF programs stand still: they are off, or were switched off after Falco started',
  },
  {
    id: 'tracepoint-cpu-ratio',
    title: 'CPU usage by tracepoint',
    dimension: 'resources',
    unit: 'percentunit',
    min: 0,
    summary: 'Share of the node’s CPU time spent in each of Falco’s programs in the kernel',
    description:
      'As probe-cpu-ratio, for each program by itself: which of them the time goes to. The shares of a node add up to its probe-cpu-ratio. A group of nodes shows the mean of those that have the program.',
    expr: `avg by ($groupBy) (((${byProgram(runTime)}) > 0) / 1e9 / on ($identity) group_left () ${cpus})`,
    groupBy: { default: ['$identity', 'tracepoint'], allowed: [] },
    needs: [programStatistic(runTime('sys_exit'))],
    advice: [
      {
        when: 'One program takes most of the time.',
        change:
          'sys_exit: cut system calls with base_syscalls.custom_set and base_syscalls.repair: true. sched_switch or page faults: leave them out of base_syscalls.custom_set and of rules. Ends and starts of processes: they cannot be left out.',
        cost: 'Rules on what is left out no longer match.',
      },
    ],
    link: links.performance,
    noValueReason: 'The statistics of BPF programs stand still: they are off, or were switched off after Falco started',
  },
  {
    id: 'probe-run-time',
    title: 'Probe run time',
    dimension: 'resources',
    unit: 'ns',
    min: 0,
    summary: 'Nanoseconds that one run of each of Falco’s programs takes',
    description:
      'Time in a program divided by its runs within the window (Falco’s own average is since the program was loaded). By node alone it is the average over all programs. Some 200 ns at the exit of a system call and 2000 ns at the end of a process were published by the project for one machine. Without runs there is no figure.',
    expr: `sum by ($groupBy) ((${byProgram(runTime)})$join) / (sum by ($groupBy) ((${byProgram(runs)})$join) > 0)`,
    groupBy: { default: ['$identity', 'tracepoint'], allowed: anyGrouping },
    needs: [programStatistic(runTime('sys_exit')), programStatistic(runs('sys_exit'))],
    advice: [
      {
        when: 'The time per run rose while the load did not.',
        change: 'Look for contention: raise the number of buffers by lowering engine.modern_ebpf.cpus_for_each_buffer.',
        cost: 'More buffers take more memory.',
      },
    ],
    link: links.dropping,
    noValueReason: 'None of the programs ran within the window, or their statistics are off',
  },
  {
    id: 'total-cpu-cost',
    title: 'Total CPU cost',
    dimension: 'resources',
    unit: 'short',
    decimals: 3,
    min: 0,
    summary: 'CPUs that Falco keeps busy, in its process and in its programs in the kernel',
    description:
      'Part userspace: the process’s CPU use of the window (cpu-usage-ratio); where that cannot be known, part “userspace, since start”: its average since it started. Part kernel: the time of Falco’s programs, which the applications are charged with; missing with the kernel module and where the statistics of BPF programs are off. 1 is one full CPU. The parts add up to what Falco costs the node. A group of nodes shows its sum.',
    expr: total(`${costs} or ${average}`),
    groupBy: byPart,
    needs: [programStatistic(runTime('sys_exit'))],
    advice: [lessWork],
    link: links.performance,
    noValueReason: 'Neither part is known: the statistics of BPF programs stand still, and Falco tells no CPU use',
  },
  {
    id: 'cpu-time-per-event',
    title: 'CPU time per event',
    dimension: 'resources',
    unit: 'ns',
    min: 0,
    summary: 'Nanoseconds of CPU time that Falco spends for each event that its driver handles',
    description:
      'The CPU cost of each part (see total-cpu-cost) divided by the rate of kernel events. Falco’s cost follows the load; this figure takes the load out, and so shows what a change of rules, settings or version made dearer or cheaper. Falco 0.42 about halved the events: not to be compared across it. The programs run at every system call, also at those that Falco does not take, so that the kernel’s part rises when few of them are taken. A part that cannot be known is missing. A group shows the mean of its nodes.',
    expr: `sum by ($groupBy) (${perEvent}$join) / count by ($groupBy) (count by ($identity, $groupBy) (${perEvent}$join))`,
    groupBy: byPart,
    needs: [kernelCounter(events), programStatistic(runTime('sys_exit'))],
    advice: [
      {
        when: 'The userspace part rose after a change of rules.',
        change: 'Put cheap conditions first in rules on frequent system calls, and take out what is not needed.',
        cost: 'Detections that are taken out are lost.',
      },
      lessWork,
    ],
    link: links.performance,
    noValueReason:
      'Nothing happened on the node, or neither part is known: the statistics of BPF programs stand still, and cpu-usage-ratio has no value',
  },
];
