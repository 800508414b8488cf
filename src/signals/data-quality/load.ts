import { links } from '../links';
import { kernelCounter, programStatistic } from '../needs';
import { byProgram, programs, runs } from '../programs';
import { anyGrouping, cpusWith, rate, total } from '../templates';
import { type Advice, type Signal } from '../types';
import { events } from './kernel';

const perInstance = { default: ['$identity'], allowed: anyGrouping };

/** System calls per second of a node: exits, else entries; 0 stands for counters that stand still. */
const systemCalls = `${rate(runs('sys_exit'))} > 0 or ${rate(runs('sys_enter'))} > 0`;

/** What events are made of: exits, and entries as well where Falco takes those (up to 0.41). */
const sides = `${rate(runs('sys_exit'))} + ${rate(runs('sys_enter'))} > 0 or ${systemCalls}`;

const notAttached = 'Falco listens to it only where a rule or base_syscalls asks for it, and does not here';

const lessOften: Advice = {
  when: 'It is frequent, and no rule needs it.',
  change: 'Take the event out of the rules and of base_syscalls.custom_set.',
  cost: 'Rules on that event no longer match.',
};

interface Attached {
  id: string;
  title: string;
  what: string;
  tracepoints: string[];
  description: string;
}

/** The rate of tracepoints that Falco listens to only at request, for each CPU. */
function attached({ id, title, what, tracepoints, description }: Attached): Signal {
  const fired = `${byProgram(runs, tracepoints)}`;
  const [first = '', ...others] = tracepoints.map(runs);
  return {
    id,
    title,
    dimension: 'data-quality',
    unit: 'cps',
    min: 0,
    summary: `${what} per second that the node sees, for each of its CPUs`,
    description: `${description} Falco loads its program for it always and attaches it only where a rule asks for it, so that a count that stands still means that nobody listens: no figure then. A group of nodes shows all of them divided by all CPUs.`,
    expr: `sum by ($groupBy) (((${fired}) > 0)$join) / ${cpusWith(`sum without (tracepoint) (${fired}) > 0`)}`,
    groupBy: perInstance,
    needs: [programStatistic(first, others)],
    advice: [lessOften],
    link: links.dropping,
    noValueReason: notAttached,
  };
}

export const load: Signal[] = [
  {
    id: 'server-load',
    title: 'Server load',
    dimension: 'data-quality',
    unit: 'cps',
    min: 0,
    summary: 'System calls per second that the node makes, for each of its CPUs',
    description:
      'Runs of Falco’s program at the exit of system calls (at their entry where only that exists; never both, which would count each call twice), divided by the CPUs that were online when Falco started. It counts every system call of the node before any filter of Falco, and so tells the load of the server, not that of Falco. No figure where the kernel’s statistics of BPF programs are off, or were switched off after Falco started. A group of nodes shows all its calls divided by all its CPUs.',
    expr: `sum by ($groupBy) ((${systemCalls})$join) / ${cpusWith(systemCalls)}`,
    groupBy: perInstance,
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
    noValueReason: 'The statistics of BPF programs stand still: they are off, or were switched off after Falco started',
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
    expr: `sum by ($groupBy) ((${byProgram(runs)})$join) > 0`,
    groupBy: { default: ['$identity', 'tracepoint'], allowed: anyGrouping },
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
    noValueReason: 'None of the programs ran within the window, or their statistics are off',
  },
  attached({
    id: 'context-switch-rate',
    title: 'Context switches',
    what: 'Context switches',
    tracepoints: ['sched_switch'],
    description: 'Runs of Falco’s program at context switches, divided by the CPUs of the node.',
  }),
  attached({
    id: 'page-fault-rate',
    title: 'Page faults',
    what: 'Page faults of processes and of the kernel',
    tracepoints: ['pf_user', 'pf_kernel', 'page_fault_user', 'page_fault_kern'],
    description: 'Runs of Falco’s programs at page faults, divided by the CPUs of the node. They exist on x86_64 only.',
  }),
  attached({
    id: 'signal-rate',
    title: 'Signals delivered',
    what: 'Signals to processes',
    tracepoints: ['signal_deliver'],
    description:
      'Runs of Falco’s program at the delivery of a signal (SIGTERM and its like), divided by the CPUs of the node.',
  }),
  {
    id: 'captured-syscall-ratio',
    title: 'Captured syscalls',
    dimension: 'data-quality',
    unit: 'percentunit',
    decimals: 2,
    min: 0,
    summary: 'Kernel events as a share of the system calls that the node makes',
    description:
      'Events that the driver handled divided by the runs of Falco’s programs at system calls: their exits, and their entries too where Falco takes those (up to 0.41). It tells what share of the server’s load Falco takes in; the rest costs only a look at the number of the call. A few per cent are usual. Events that are no system call (the end of a process) are among the events, so that it is not exact. A group of nodes shows all events divided by all calls.',
    expr: `sum by ($groupBy) ((${rate(events)} and on ($identity) (${sides}))$join) / ${total(sides)}`,
    groupBy: perInstance,
    needs: [kernelCounter(events), programStatistic(runs('sys_exit'), [runs('sys_enter')])],
    advice: [
      {
        when: 'The share is high, and drops or CPU use are.',
        change: 'Cut what Falco takes with base_syscalls.custom_set and base_syscalls.repair: true.',
        cost: 'Rules on system calls that are left out no longer match.',
      },
    ],
    link: links.dropping,
    noValueReason: 'The statistics of BPF programs stand still',
  },
];
