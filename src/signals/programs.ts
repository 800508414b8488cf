/**
 * Falco's BPF programs under the names that the kernel truncates to 15 characters and Falco uses in
 * metric names. Tail-called programs are not listed: the kernel attributes their runs to the
 * caller.
 */
import { withLabel, rate } from './templates';

interface Program {
  /** The `P` in `falcosecurity_scap_P_run_cnt_total`. */
  name: string;
  /** When the program runs. */
  fires: string;
}

/**
 * Programs whose runs reflect server load. `dump_task` and `dump_task_file` (Falco 0.44) are not
 * included: they walk the process table on behalf of Falco.
 */
export const programs: Program[] = [
  { name: 'sys_enter', fires: 'every syscall entry; Falco 0.41 and older, or the legacy probe' },
  { name: 'sys_exit', fires: 'every syscall exit, before Falco filters' },
  { name: 'sched_switch', fires: 'every context switch, if Falco subscribes to it' },
  { name: 'sched_proc_exit', fires: 'a process or thread exits' },
  { name: 'sched_p_exec', fires: 'a program is executed' },
  { name: 'sched_p_fork', fires: 'a process or thread is created; not on x86_64' },
  { name: 'signal_deliver', fires: 'a signal is delivered, if Falco subscribes to it' },
  { name: 'pf_user', fires: 'a page fault in user mode, if Falco subscribes to it' },
  { name: 'pf_kernel', fires: 'a page fault in kernel mode, if Falco subscribes to it' },
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
  { name: 'ia32_compat_con', fires: 'entry of connect in a 32-bit program, on kernels with compat syscalls' },
  { name: 'ia32_compat_cre', fires: 'entry of creat in a 32-bit program, on kernels with compat syscalls' },
  {
    name: 'ia32_compat_ope',
    fires:
      'entry of open, openat or openat2 in a 32-bit program: the kernel truncates the three names to the same one, and the first series is kept',
  },
  { name: 'sched_process_e', fires: 'a process or thread exits; legacy probe' },
  { name: 'sched_process_f', fires: 'a process or thread is created; legacy probe' },
  { name: 'page_fault_user', fires: 'a page fault in user mode; legacy probe' },
  { name: 'page_fault_kern', fires: 'a page fault in kernel mode; legacy probe' },
];

/** Returns the metric that counts the runs of a program. */
export function runCountMetric(name: string): string {
  return `falcosecurity_scap_${name}_run_cnt_total`;
}

/** Returns the metric that sums the run time of a program in nanoseconds. */
export function runTimeMetric(name: string): string {
  return `falcosecurity_scap_${name}_run_time_nanoseconds_total`;
}

/** Returns the rate of one statistic for every program, distinguished by the label `tracepoint`. */
export function rateByProgram(
  metric: (name: string) => string,
  names: string[] = programs.map(({ name }) => name)
): string {
  return names.map((name) => withLabel(rate(metric(name)), 'tracepoint', name)).join(' or ');
}
