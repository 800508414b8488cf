import { type Advice } from '../types';

export const biggerBuffers: Advice = {
  when: 'Drops come in bursts, or the cause is a syscall class such as open or close: the ring buffer is full before Falco has read it.',
  change:
    'Raise engine.modern_ebpf.buf_size_preset to 6 or 7 and, on machines with many CPUs, engine.modern_ebpf.cpus_for_each_buffer to 4 or 6; with the kernel module raise engine.kmod.buf_size_preset to 5 or 6.',
  cost: 'Memory set aside for good: preset n takes 2^(n-1) MB a buffer, mapped twice in virtual memory. Ever larger buffers help ever less.',
};

export const fewerSyscalls: Advice = {
  when: 'Drops last as long as the load does: Falco is asked for more events than one CPU can handle.',
  change:
    'Cut the system calls that Falco takes with base_syscalls.custom_set and base_syscalls.repair: true, starting from processes only (clone, clone3, fork, vfork, execve, execveat, procexit), then network, then files; set engine.modern_ebpf.drop_failed_exit: true (engine.kmod.drop_failed_exit with the kernel module).',
  cost: 'Rules on system calls that are left out no longer match; with drop_failed_exit failed attempts are not seen.',
};

export const slimmerRules: Advice = {
  when: 'Drops come with cpu-usage-ratio near one full CPU.',
  change: 'Slim the rules down (fewer rules on frequent system calls, cheap conditions first) and try without plugins.',
  cost: 'Detections that are taken out are lost.',
};
