import { links } from './links';
import { always, programStatistic, resource } from './needs';
import { byProgram, runs, runTime } from './programs';
import { anyGrouping, cpusWith, highest, rate } from './templates';
import { type Advice, type Signal, type Thresholds } from './types';

const cpuRatio = 'falcosecurity_falco_cpu_usage_ratio';
const duration = 'falcosecurity_falco_duration_seconds_total';
const started = 'falcosecurity_falco_start_timestamp_nanoseconds';
const rss = 'falcosecurity_falco_memory_rss_bytes';
const vsz = 'falcosecurity_falco_memory_vsz_bytes';
const pss = 'falcosecurity_falco_memory_pss_bytes';
const container = 'falcosecurity_falco_container_memory_used_bytes';

const perInstance = { default: ['$instance'], allowed: anyGrouping };

const oneCpu: Thresholds = {
  direction: 'above',
  warning: 0.8,
  critical: 1,
  because:
    'An event goes through Falco on a single thread: at one full CPU it cannot go faster, and drops follow. The project asks to stay below one; the margin of a fifth is ours.',
  source: links.performance,
};

const lessWork: Advice = {
  when: 'Falco is near one full CPU.',
  change:
    'Cut the system calls that Falco takes with base_syscalls.custom_set and base_syscalls.repair: true, set engine.modern_ebpf.drop_failed_exit: true, and slim down rules on frequent system calls.',
  cost: 'Rules on system calls that are left out no longer match; failed attempts are not seen.',
};

const lessMemory: Advice = {
  when: 'Memory is close to the limit that you set for Falco.',
  change:
    'Lower engine.modern_ebpf.buf_size_preset or raise engine.modern_ebpf.cpus_for_each_buffer; bound outputs_queue.capacity; since Falco 0.42 lower falco_libs.thread_table_auto_purging_interval_s and falco_libs.thread_table_auto_purging_thread_timeout_s.',
  cost: 'Smaller buffers drop more in bursts, a bounded queue drops alerts when it is full, purging costs CPU time.',
};

/** CPU seconds used since the start, and seconds since the start; `offset` is empty or `offset $window`. */
const used = (offset: string) => `${cpuRatio}{$filter}${offset} * ${duration}{$filter}${offset}`;
const before = ' offset $window';
const elapsed = `${duration}{$filter} - ${duration}{$filter}${before} > 0`;
const rounding = `0.0005 * (${duration}{$filter} + ${duration}{$filter}${before}) / (${elapsed})`;
const sameProcess = `${started}{$filter} == ${started}{$filter}${before}`;
const recentCpu = `clamp_min((${used('')} - ${used(before)}) / (${elapsed}), 0) and ${rounding} < 0.02 and ${sameProcess}`;

export const resources: Signal[] = [
  {
    id: 'cpu-usage-lifetime',
    title: 'CPU since start',
    dimension: 'resources',
    unit: 'percentunit',
    min: 0,
    summary: 'CPU that Falco used on average since it started; 100 % is one full CPU',
    description:
      'Falco’s own figure. It is the average since the process started, not the present use: after days a burst of an hour hardly moves it. 100 % is one full CPU, whatever the node has. The time that Falco’s programs take in the kernel is charged to the processes that make the system calls and not in here: see the probe CPU share. A group of nodes shows its highest.',
    expr: highest(`${cpuRatio}{$filter}`),
    by: perInstance,
    needs: [resource(cpuRatio)],
    thresholds: oneCpu,
    advice: [lessWork],
    link: links.performance,
  },
  {
    id: 'cpu-usage-recent',
    title: 'CPU now',
    dimension: 'resources',
    unit: 'percentunit',
    min: 0,
    summary: 'CPU that Falco used within the window; 100 % is one full CPU',
    description:
      'Worked out of two of Falco’s averages since its start. Falco rounds them to 0.1 % of a CPU, which weighs the more the longer it runs: there is a figure only while the rounding is below 2 % of a CPU, that is for about 20 windows after the start (a window of one minute: 20 minutes; of one hour: 20 hours), and none across a restart. Choose a longer window for a Falco that has run for long, or measure its container instead. A group of nodes shows its highest.',
    expr: highest(`(${recentCpu})`),
    by: perInstance,
    needs: [resource(cpuRatio), always(duration), always(started)],
    thresholds: oneCpu,
    advice: [lessWork],
    link: links.performance,
  },
  {
    id: 'memory-rss',
    title: 'Memory (RSS)',
    dimension: 'resources',
    unit: 'bytes',
    min: 0,
    summary: 'Memory of the Falco process that is resident',
    description:
      'Resident set size of the process. The pages of the ring buffers that were touched are in it, so that it grows with buffers and CPUs. A group of nodes shows its highest.',
    expr: highest(`${rss}{$filter}`),
    by: perInstance,
    needs: [resource(rss)],
    advice: [lessMemory],
    link: links.performance,
  },
  {
    id: 'memory-vsz',
    title: 'Memory (virtual)',
    dimension: 'resources',
    unit: 'bytes',
    min: 0,
    summary: 'Address space of the Falco process',
    description:
      'Virtual size of the process: address space, not memory in use. The ring buffers are mapped twice in it. It tells buffer settings apart, and a leak when it only ever grows. A group of nodes shows its highest.',
    expr: highest(`${vsz}{$filter}`),
    by: perInstance,
    needs: [resource(vsz)],
    advice: [],
    link: links.metrics,
  },
  {
    id: 'memory-pss',
    title: 'Memory (PSS)',
    dimension: 'resources',
    unit: 'bytes',
    min: 0,
    summary: 'Memory of the Falco process, shared pages counted by their share',
    description:
      'Proportional set size: as RSS, but a page shared by several processes counts only by its share. A group of nodes shows its highest.',
    expr: highest(`${pss}{$filter}`),
    by: perInstance,
    needs: [resource(pss)],
    advice: [lessMemory],
    link: links.metrics,
  },
  {
    id: 'container-memory',
    title: 'Container memory',
    dimension: 'resources',
    unit: 'bytes',
    min: 0,
    summary: 'Memory charged to Falco’s container: the figure to hold against its limit',
    description:
      'What the control group of Falco’s container is charged with, page cache and kernel memory included; other containers of the pod are not. 0 means that Falco could not read the file, and gives no figure here. A group of nodes shows its highest.',
    expr: highest(`(${container}{$filter} > 0)`),
    by: perInstance,
    needs: [
      {
        ...resource(container),
        unknownValue: {
          value: 0,
          because: 'Falco looks for a file of cgroup v1 by default, which hosts with cgroup v2 do not have',
          change:
            'Set the environment variable FALCO_CGROUP_MEM_PATH of Falco to the file with the memory in use, /sys/fs/cgroup/memory.current with cgroup v2',
        },
      },
    ],
    advice: [lessMemory],
    link: links.performance,
  },
  {
    id: 'probe-cpu-share',
    title: 'CPU in probes',
    dimension: 'resources',
    unit: 'percentunit',
    min: 0,
    decimals: 2,
    summary: 'Share of the node’s CPU time spent in Falco’s programs in the kernel',
    description:
      'Time that the kernel measured in Falco’s BPF programs, divided by the time of all CPUs of the node. It is charged to the applications that make the system calls, not to Falco’s own CPU use, and so is what they pay for being watched. The kernel’s measuring adds a little to it. No figure where its statistics of BPF programs are off, and none with the kernel module, which has no such statistics. A group of nodes shows all its time divided by that of all its CPUs.',
    expr: `sum by ($by) ((${byProgram(runTime)})$join) / 1e9 / ${cpusWith(`${rate(runTime('sys_exit'))} > 0`)}`,
    by: perInstance,
    needs: [programStatistic(runTime('sys_exit'))],
    advice: [
      {
        when: 'Applications became slower since Falco runs, or after it was upgraded.',
        change:
          'Cut the system calls that Falco takes with base_syscalls.custom_set and base_syscalls.repair: true; upgrade to Falco 0.42 or later, which no longer looks at the entry of system calls.',
        cost: 'Rules on system calls that are left out no longer match.',
      },
    ],
    link: links.performance,
  },
  {
    id: 'probe-time-per-run',
    title: 'Time per probe run',
    dimension: 'resources',
    unit: 'ns',
    min: 0,
    summary: 'Nanoseconds that one run of each of Falco’s programs takes',
    description:
      'Time in a program divided by its runs within the window (Falco’s own average is since the program was loaded). By node alone it is the average over all programs. Some 200 ns at the exit of a system call and 2000 ns at the end of a process were published by the project for one machine. Without runs there is no figure.',
    expr: `sum by ($by) ((${byProgram(runTime)})$join) / (sum by ($by) ((${byProgram(runs)})$join) > 0)`,
    by: { default: ['$instance', 'tracepoint'], allowed: anyGrouping },
    needs: [programStatistic(runTime('sys_exit')), programStatistic(runs('sys_exit'))],
    advice: [
      {
        when: 'The time per run rose while the load did not.',
        change: 'Look for contention: raise the number of buffers by lowering engine.modern_ebpf.cpus_for_each_buffer.',
        cost: 'More buffers take more memory.',
      },
    ],
    link: links.dropping,
  },
];
