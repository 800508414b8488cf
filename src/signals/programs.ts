/**
 * Falco's BPF programs as the kernel names them (at most 15 characters), which is how they stand in
 * the names of Falco's metrics. Tail-called programs are not among them: the kernel counts those
 * with the program that calls them.
 */
import { named, rate } from './templates';

interface Program {
  /** The `P` of `falcosecurity_scap_P_run_cnt_total`. */
  name: string;
  /** When it runs. */
  fires: string;
}

/**
 * The programs whose runs are server load. Left out on purpose: `dump_task` and `dump_task_file`
 * (Falco 0.44), which walk the process table in Falco's own time.
 */
export const programs: Program[] = [
  { name: 'sys_enter', fires: 'every entry of a system call; Falco 0.41 and older, or the legacy probe' },
  { name: 'sys_exit', fires: 'every exit of a system call, before any filter of Falco' },
  { name: 'sched_switch', fires: 'every context switch, where Falco listens to it' },
  { name: 'sched_proc_exit', fires: 'a process or thread ends' },
  { name: 'sched_p_exec', fires: 'a program is executed' },
  { name: 'sched_p_fork', fires: 'a process or thread is made; not on x86_64' },
  { name: 'signal_deliver', fires: 'a signal is delivered, where Falco listens to it' },
  { name: 'pf_user', fires: 'a page fault of a process, where Falco listens to it' },
  { name: 'pf_kernel', fires: 'a page fault of the kernel, where Falco listens to it' },
  { name: 'connect_e', fires: 'entry of connect; Falco 0.42 and later' },
  { name: 'creat_e', fires: 'entry of creat; Falco 0.42 and later' },
  { name: 'open_e', fires: 'entry of open; Falco 0.42 and later' },
  { name: 'openat_e', fires: 'entry of openat; Falco 0.42 and later' },
  { name: 'openat2_e', fires: 'entry of openat2; Falco 0.42 and later' },
  { name: 'ia32_connect_e', fires: 'entry of connect in a 32-bit program' },
  { name: 'ia32_creat_e', fires: 'entry of creat in a 32-bit program' },
  { name: 'ia32_open_e', fires: 'entry of open in a 32-bit program' },
  { name: 'ia32_openat_e', fires: 'entry of openat in a 32-bit program' },
  { name: 'ia32_openat2_e', fires: 'entry of openat2 in a 32-bit program' },
  { name: 'ia32_compat_con', fires: 'entry of connect in a 32-bit program, on kernels with compat system calls' },
  { name: 'ia32_compat_cre', fires: 'entry of creat in a 32-bit program, on kernels with compat system calls' },
  {
    name: 'ia32_compat_ope',
    fires:
      'entry of one of open, openat and openat2 in a 32-bit program: the kernel cuts the three names to one, and the first is kept',
  },
  { name: 'sched_process_e', fires: 'a process or thread ends; legacy probe' },
  { name: 'sched_process_f', fires: 'a process or thread is made; legacy probe' },
  { name: 'page_fault_user', fires: 'a page fault of a process; legacy probe' },
  { name: 'page_fault_kern', fires: 'a page fault of the kernel; legacy probe' },
];

/** The metric that counts the runs of a program. */
export function runs(name: string): string {
  return `falcosecurity_scap_${name}_run_cnt_total`;
}

/** The metric that sums the nanoseconds a program has run. */
export function runTime(name: string): string {
  return `falcosecurity_scap_${name}_run_time_nanoseconds_total`;
}

/** The rate of one statistic for every program, told apart by the label `tracepoint`. */
export function byProgram(
  metric: (name: string) => string,
  names: string[] = programs.map(({ name }) => name)
): string {
  return names.map((name) => named(rate(metric(name)), 'tracepoint', name)).join(' or ');
}
