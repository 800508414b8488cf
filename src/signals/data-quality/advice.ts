import { type Advice } from '../types';

export const biggerBuffers: Advice = {
  when: 'Drops come in bursts, or their cause is a syscall class such as open or close: the ring buffer fills up before Falco reads it.',
  change:
    'Raise engine.modern_ebpf.buf_size_preset to 6 or 7 and, on machines with many CPUs, engine.modern_ebpf.cpus_for_each_buffer to 4 or 6. With the kernel module, raise engine.kmod.buf_size_preset to 5 or 6.',
  cost: 'Permanently allocated memory: preset n takes 2^(n-1) MB per buffer, mapped twice in virtual memory. Returns diminish as buffers grow.',
};

export const fewerSyscalls: Advice = {
  when: 'Drops last as long as the load: Falco receives more events than one CPU can process.',
  change:
    'Reduce the monitored syscalls with base_syscalls.custom_set and base_syscalls.repair: true. Start with processes only (clone, clone3, fork, vfork, execve, execveat, procexit), then add network, then files. Set engine.modern_ebpf.drop_failed_exit: true (engine.kmod.drop_failed_exit with the kernel module).',
  cost: 'Rules on excluded syscalls no longer match. With drop_failed_exit, Falco does not see failed attempts.',
};

export const slimmerRules: Advice = {
  when: 'Drops coincide with a cpu-usage-ratio close to one full CPU.',
  change: 'Simplify the rules (fewer rules on frequent syscalls, cheap conditions first) and try without plugins.',
  cost: 'Removed rules no longer detect anything.',
};
