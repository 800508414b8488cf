import { links } from '../links';
import { kernelCounter, programStatistic } from '../needs';
import { rateByProgram, programs, runCountMetric } from '../programs';
import { anyGrouping, sumCpusWith, rate, sumByGroup } from '../templates';
import { type Advice, type Signal } from '../types';
import { events } from './kernel';

const perInstance = { default: ['$identity'], allowed: anyGrouping };

/**
 * Syscalls per second of a node: exits, otherwise entries. 0 means that the counters are frozen.
 */
const systemCalls = `${rate(runCountMetric('sys_exit'))} > 0 or ${rate(runCountMetric('sys_enter'))} > 0`;

/** Rate of syscall exits, plus entries if Falco monitors them (up to 0.41). */
const sides = `${rate(runCountMetric('sys_exit'))} + ${rate(runCountMetric('sys_enter'))} > 0 or ${systemCalls}`;

const notAttached = 'Falco monitors this only if a rule or base_syscalls requires it, which is not the case here';

const lessOften: Advice = {
  when: 'It is frequent, and no rule needs it.',
  change: 'Remove the event from the rules and from base_syscalls.custom_set.',
  cost: 'Rules on that event no longer match.',
};

interface OnDemandRate {
  id: string;
  title: string;
  what: string;
  tracepoints: string[];
  description: string;
}

/** Defines the rate per CPU of tracepoints that Falco attaches only on demand. */
function defineOnDemandRate({ id, title, what, tracepoints, description }: OnDemandRate): Signal {
  const fired = `${rateByProgram(runCountMetric, tracepoints)}`;
  const [first = '', ...others] = tracepoints.map(runCountMetric);
  return {
    id,
    title,
    dimension: 'data-quality',
    unit: 'cps',
    min: 0,
    summary: `${what} per second and CPU of the node`,
    description: `${description} Falco always loads the program but attaches it only if a rule requires it. A frozen counter therefore means that it is not attached, and there is no value. Groups show the total divided by all CPUs.`,
    expr: `sum by ($groupBy) (((${fired}) > 0)$join) / ${sumCpusWith(`sum without (tracepoint) (${fired}) > 0`)}`,
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
    summary: 'Syscalls per second that the node makes, per CPU',
    description:
      "Runs of Falco's program at syscall exits (or at entries if only those exist, never both, which would count each syscall twice), divided by the CPUs that were online when Falco started. It counts every syscall of the node before Falco filters and therefore measures the load of the server, not of Falco. There is no value if the kernel's BPF statistics are off or were switched off after Falco started. Groups show all syscalls divided by all CPUs.",
    expr: `sum by ($groupBy) ((${systemCalls})$join) / ${sumCpusWith(systemCalls)}`,
    groupBy: perInstance,
    needs: [programStatistic(runCountMetric('sys_exit'), [runCountMetric('sys_enter')])],
    advice: [
      {
        when: 'The load rose together with the drops.',
        change:
          'Find the workload that makes the syscalls. Then reduce what Falco monitors with base_syscalls.custom_set and base_syscalls.repair: true.',
        cost: 'Rules on excluded syscalls no longer match.',
      },
    ],
    link: links.dropping,
    noValueReason: 'The BPF statistics are frozen: they are off, or were switched off after Falco started',
  },
  {
    id: 'tracepoint-rate',
    title: 'Tracepoint runs',
    dimension: 'data-quality',
    unit: 'cps',
    min: 0,
    summary: "Runs per second of each of Falco's BPF programs",
    description:
      'How often each tracepoint that Falco attached to fires, on the whole node and before Falco filters. The label tracepoint holds the program name, which the kernel truncates to 15 characters. Tracepoints that did not fire are omitted, because they cannot be told from programs that are loaded but not attached. The programs that walk the process table (dump_task, dump_task_file) are not server load and are not counted.',
    expr: `sum by ($groupBy) ((${rateByProgram(runCountMetric)})$join) > 0`,
    groupBy: { default: ['$identity', 'tracepoint'], allowed: anyGrouping },
    needs: [
      programStatistic(
        runCountMetric('sys_exit'),
        programs.map(({ name }) => runCountMetric(name)).filter((m) => m !== runCountMetric('sys_exit'))
      ),
    ],
    addsHostEvents: true,
    advice: [
      {
        when: 'sched_switch, pf_user, pf_kernel or signal_deliver run often.',
        change: 'Remove the event from the rules and from base_syscalls.custom_set unless a rule needs it.',
        cost: 'Rules on that event no longer match.',
      },
    ],
    link: links.dropping,
    noValueReason: 'No program ran within the window, or the BPF statistics are off',
  },
  defineOnDemandRate({
    id: 'context-switch-rate',
    title: 'Context switches',
    what: 'Context switches',
    tracepoints: ['sched_switch'],
    description: "Runs of Falco's program at context switches, divided by the CPUs of the node.",
  }),
  defineOnDemandRate({
    id: 'page-fault-rate',
    title: 'Page faults',
    what: 'Page faults in user and kernel mode',
    tracepoints: ['pf_user', 'pf_kernel', 'page_fault_user', 'page_fault_kern'],
    description: "Runs of Falco's programs at page faults, divided by the CPUs of the node. They exist only on x86_64.",
  }),
  defineOnDemandRate({
    id: 'signal-rate',
    title: 'Signals delivered',
    what: 'Signals delivered to processes',
    tracepoints: ['signal_deliver'],
    description: "Runs of Falco's program at signal delivery (such as SIGTERM), divided by the CPUs of the node.",
  }),
  {
    id: 'captured-syscall-ratio',
    title: 'Captured syscalls',
    dimension: 'data-quality',
    unit: 'percentunit',
    decimals: 2,
    min: 0,
    summary: 'Kernel events as a share of all syscalls of the node',
    description:
      "Events that the driver handled divided by the runs of Falco's programs at syscalls: exits, plus entries if Falco monitors them (up to 0.41). It shows what share of the server's load Falco monitors; for all other syscalls it only checks the syscall number. A few per cent are usual. The events include some that are not syscalls (process exits), so the value is not exact. Groups show all events divided by all syscalls.",
    expr: `sum by ($groupBy) ((${rate(events)} and on ($identity) (${sides}))$join) / ${sumByGroup(sides)}`,
    groupBy: perInstance,
    needs: [kernelCounter(events), programStatistic(runCountMetric('sys_exit'), [runCountMetric('sys_enter')])],
    advice: [
      {
        when: 'The share is high, and so are drops or CPU usage.',
        change: 'Reduce the monitored syscalls with base_syscalls.custom_set and base_syscalls.repair: true.',
        cost: 'Rules on excluded syscalls no longer match.',
      },
    ],
    link: links.dropping,
    noValueReason: 'The BPF statistics are frozen',
  },
];
