import { links } from './links';
import { kernelCounter, perCpuCounter, programStatistic } from './needs';
import { byProgram, programs, runs } from './programs';
import { anyGrouping, cpusWith, named, rate } from './templates';
import { type Advice, type Signal } from './types';

const events = 'falcosecurity_scap_n_evts_total';
const drops = 'falcosecurity_scap_n_drops_total';
const bufferDrops = 'falcosecurity_scap_n_drops_buffer_total';
const otherDrops = { scratch_map: 'scratch_map', page_faults: 'page_faults', bug: 'bug' };
const eventsCpu = 'falcosecurity_scap_n_evts_cpu_total';
const dropsCpu = 'falcosecurity_scap_n_drops_cpu_total';

const perInstance = { default: ['$instance'], allowed: anyGrouping };

const biggerBuffers: Advice = {
  when: 'Drops come in bursts, or the cause is a syscall class such as open or close: the ring buffer is full before Falco has read it.',
  change:
    'Raise engine.modern_ebpf.buf_size_preset to 6 or 7 and, on machines with many CPUs, engine.modern_ebpf.cpus_for_each_buffer to 4 or 6; with the kernel module raise engine.kmod.buf_size_preset to 5 or 6.',
  cost: 'Memory set aside for good: preset n takes 2^(n-1) MB a buffer, mapped twice in virtual memory. Ever larger buffers help ever less.',
};

const fewerSyscalls: Advice = {
  when: 'Drops last as long as the load does: Falco is asked for more events than one CPU can handle.',
  change:
    'Cut the system calls that Falco takes with base_syscalls.custom_set and base_syscalls.repair: true, starting from processes only (clone, clone3, fork, vfork, execve, execveat, procexit), then network, then files; set engine.modern_ebpf.drop_failed_exit: true.',
  cost: 'Rules on system calls that are left out no longer match; with drop_failed_exit failed attempts are not seen.',
};

const slimmerRules: Advice = {
  when: 'Drops come with cpu-usage-recent near one full CPU.',
  change: 'Slim the rules down (fewer rules on frequent system calls, cheap conditions first) and try without plugins.',
  cost: 'Detections that are taken out are lost.',
};

/** Every drop that has a cause of its own, as one vector. */
function categorised(label: string): string {
  const others = Object.entries(otherDrops).map(([cause, name]) =>
    named(rate(`falcosecurity_scap_n_drops_${name}_total`), label, cause)
  );
  return [`label_replace(${rate(bufferDrops)}, "${label}", "$1", "drop", "(.+)")`, ...others].join(' or ');
}

const uncategorised = `clamp_min(${rate(drops)} - sum without (drop, dir, cause) (${categorised('cause')}), 0)`;

/** System calls per second of a node: exits, else entries; 0 stands for counters that stand still. */
const systemCalls = `${rate(runs('sys_exit'))} > 0 or ${rate(runs('sys_enter'))} > 0`;

export const dataQuality: Signal[] = [
  {
    id: 'kernel-event-rate',
    title: 'Kernel events',
    dimension: 'data-quality',
    unit: 'eps',
    min: 0,
    summary: 'Events per second that the driver handled, drops included',
    description:
      'Events that the driver handled after its own filter: what Falco received and what was dropped on the way. System calls that Falco did not ask for are not among them. Falco 0.42 gave up the events at the entry of system calls, which about halves this figure: compare across that version with care.',
    expr: `sum by ($by) (${rate(events)}$join)`,
    by: perInstance,
    needs: [kernelCounter(events)],
    advice: [fewerSyscalls],
    link: links.metrics,
  },
  {
    id: 'kernel-event-rate-per-cpu',
    title: 'Kernel events per CPU',
    dimension: 'data-quality',
    unit: 'eps',
    min: 0,
    summary: 'Events per second that the driver handled, for each CPU of the node',
    description:
      'The rate of kernel events divided by the CPUs that were online when Falco started, which makes nodes of different sizes comparable. A group of nodes shows all its events divided by all its CPUs; nodes without kernel counters are left out of both. Falco 0.42 about halved the number of events, so that the bounds, which are older, are generous for it.',
    expr: `sum by ($by) (${rate(events)}$join) / ${cpusWith(rate(events))}`,
    by: perInstance,
    needs: [kernelCounter(events)],
    thresholds: {
      direction: 'above',
      warning: 1500,
      critical: 3000,
      because:
        'The project, on its own experience and with every caution: below 1500 events per second and CPU there should be no drops; above 3000 it becomes hard to keep up.',
      source: links.dropping,
    },
    advice: [fewerSyscalls, biggerBuffers],
    link: links.dropping,
  },
  {
    id: 'kernel-drop-ratio',
    title: 'Kernel drops',
    dimension: 'data-quality',
    unit: 'percentunit',
    min: 0,
    summary: 'Share of the events the driver handled that never reached Falco',
    description:
      'Drops divided by the events that the driver handled. Those events already hold the drops, so the two are not added. A node that handled no event at all has no figure instead of 0 %: nothing seen is not the same as nothing lost. A group of nodes shows its drops over its events, in which one bad node can hide: look at it by node. Events lost to re-entrance in the kernel module (n_preemptions) stand in neither counter.',
    expr: `sum by ($by) (${rate(drops)}$join) / (sum by ($by) (${rate(events)}$join) > 0)`,
    by: perInstance,
    needs: [kernelCounter(drops), kernelCounter(events)],
    thresholds: {
      direction: 'above',
      warning: 0.02,
      critical: 0.1,
      because:
        'The project holds 1 to 2 % on the busiest machines to be acceptable; at 10 % Falco itself raises its drop alert (syscall_event_drops.threshold).',
      source: links.dropping,
    },
    advice: [biggerBuffers, fewerSyscalls, slimmerRules],
    link: links.dropping,
  },
  {
    id: 'kernel-drop-rate',
    title: 'Kernel drops by cause',
    dimension: 'data-quality',
    unit: 'eps',
    min: 0,
    summary: 'Events per second lost in the kernel, by what was lost or why',
    description:
      'A full ring buffer is told by the class of system call that was lost: open, close, connect, execve, clone_fork, proc (end of a process), dir_file, other_interest. scratch_map: the event was larger than Falco can hold. page_faults: memory of the process could not be read. bug: an invalid state in the legacy probe. uncategorised: drops in the total that no cause accounts for, nearly always a full ring buffer at a system call of no class. Causes that a driver does not know are missing there, and their drops are nil. Up to Falco 0.41 the entry and the exit of a system call count as two.',
    expr: `sum by ($by) ((${categorised('cause')} or ${named(uncategorised, 'cause', 'uncategorised')})$join)`,
    by: { default: ['$instance', 'cause'], allowed: anyGrouping },
    needs: [kernelCounter(drops), kernelCounter(bufferDrops)],
    advice: [
      biggerBuffers,
      fewerSyscalls,
      {
        when: 'The cause is scratch_map: single events are too large.',
        change: 'Lower falco_libs.snaplen (80 bytes by default) if it was raised.',
        cost: 'Less of what was read and written is seen by rules.',
      },
      {
        when: 'The cause is page_faults with the kernel module.',
        change: 'Use engine.kind: modern_ebpf.',
        cost: 'Needs a kernel with BPF ring buffers and BTF, usually 5.8 or later.',
      },
    ],
    link: links.dropping,
  },
  {
    id: 'cpu-drop-ratio',
    title: 'Kernel drops per CPU',
    dimension: 'data-quality',
    unit: 'percentunit',
    min: 0,
    summary: 'Share of the events of one CPU that never reached Falco',
    description:
      'As the kernel drop ratio, for each CPU on which the events happened. The modern probe gives two CPUs one buffer by default, so that drops on a CPU may be its neighbour’s doing. CPUs that are offline, or on which nothing happened, have no figure. The kernel module writes the number of its device into the name of the metric instead of a label, which no rate by CPU can be worked out from: there is no figure with it, see the kernel drop ratio instead.',
    expr: `sum by ($by) (${rate(dropsCpu)}$join) / (sum by ($by) (${rate(eventsCpu)}$join) > 0)`,
    by: { default: ['$instance', 'cpu'], allowed: anyGrouping },
    needs: [perCpuCounter(dropsCpu), perCpuCounter(eventsCpu)],
    thresholds: {
      direction: 'above',
      warning: 0.02,
      critical: 0.1,
      because: 'The same bounds as for the whole node: what is lost on one CPU is lost.',
      source: links.dropping,
    },
    advice: [
      {
        when: 'Few CPUs lose much and the others nothing: one busy process fills one buffer.',
        change: 'Lower engine.modern_ebpf.cpus_for_each_buffer to 1, or raise engine.modern_ebpf.buf_size_preset.',
        cost: 'More buffers, or larger ones: memory set aside for good.',
      },
      fewerSyscalls,
    ],
    link: links.dropping,
  },
  {
    id: 'server-load',
    title: 'Server load',
    dimension: 'data-quality',
    unit: 'cps',
    min: 0,
    summary: 'System calls per second that the node makes, for each of its CPUs',
    description:
      'Runs of Falco’s program at the exit of system calls (at their entry where only that exists; never both, which would count each call twice), divided by the CPUs that were online when Falco started. It counts every system call of the node before any filter of Falco, and so tells the load of the server, not that of Falco. No figure where the kernel’s statistics of BPF programs are off, or were switched off after Falco started. A group of nodes shows all its calls divided by all its CPUs.',
    expr: `sum by ($by) ((${systemCalls})$join) / ${cpusWith(systemCalls)}`,
    by: perInstance,
    needs: [programStatistic(runs('sys_exit'), [runs('sys_enter')])],
    advice: [
      {
        when: 'The load rose and drops rose with it.',
        change:
          'Find the workload that makes the calls; then cut what Falco takes with base_syscalls.custom_set and base_syscalls.repair: true.',
        cost: 'Rules on system calls that are left out no longer match.',
      },
    ],
    link: links.dropping,
  },
  {
    id: 'tracepoint-rate',
    title: 'Tracepoint runs',
    dimension: 'data-quality',
    unit: 'cps',
    min: 0,
    summary: 'Runs per second of each of Falco’s programs in the kernel',
    description:
      'How often each tracepoint that Falco listens to fires, for the whole node and before any filter of Falco. The label tracepoint is the program’s name as the kernel cuts it, to 15 characters. Tracepoints that did not fire are left out: they cannot be told from those that Falco loads without listening to them. The programs that walk the process table (dump_task, dump_task_file) are no server load and not counted.',
    expr: `sum by ($by) ((${byProgram(runs)})$join) > 0`,
    by: { default: ['$instance', 'tracepoint'], allowed: anyGrouping },
    needs: [
      programStatistic(
        runs('sys_exit'),
        programs.map(({ name }) => runs(name)).filter((m) => m !== runs('sys_exit'))
      ),
    ],
    advice: [
      {
        when: 'sched_switch, pf_user, pf_kernel or signal_deliver run often.',
        change: 'Take the event out of the rules and of base_syscalls.custom_set unless a rule needs it.',
        cost: 'Rules on that event no longer match.',
      },
    ],
    link: links.dropping,
  },
];
