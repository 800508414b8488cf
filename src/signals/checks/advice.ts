import { type CheckAdvice } from '../types';
import { atCpuLimit, beyondFalco, inBursts, mainCause, nearOneCpu, stalledBecause, sustained } from './conditions';

export const hangs: CheckAdvice = {
  when: `${stalledBecause('no look-ups')} or ${stalledBecause('frozen metrics')}`,
  why: 'Falco responds, but it looks up no threads or its metrics are frozen: its event loop hangs.',
  change:
    'Look for an output that blocks (program_output, http_output, file_output on a full disk) or a plugin that hangs. Then restart Falco.',
  cost: 'Falco does not monitor the node for some seconds.',
};

export const throttled: CheckAdvice = {
  when: atCpuLimit,
  why: 'Falco is close to its CPU limit. While it is throttled, its ring buffers overflow although the node may have idle CPUs.',
  change: 'Raise the CPU limit of the Falco container, up to one CPU, which is the most that its event loop can use.',
  cost: 'CPU time that other containers of the node may need.',
};

export const beyond: CheckAdvice = {
  when: beyondFalco,
  why: 'The node has more than 3000 events per second and CPU and drops some of them. This load may exceed what Falco can handle.',
  change:
    'Start with the smallest set: base_syscalls.custom_set: [clone, clone3, fork, vfork, execve, execveat, procexit] with base_syscalls.repair: true. Add network syscalls and then open* as long as Falco drops nothing. If it drops events even with the first set, split the workload of the node or accept the loss.',
  cost: 'Rules on excluded syscalls no longer match, initially all rules on files and network.',
};

export const busyCpu: CheckAdvice = {
  when: nearOneCpu,
  why: 'The event loop of Falco is close to its limit of one CPU.',
  change:
    'Reduce the monitored syscalls with base_syscalls.custom_set and base_syscalls.repair: true, set engine.modern_ebpf.drop_failed_exit: true (engine.kmod.drop_failed_exit with the kernel module), simplify rules on frequent syscalls, and try without plugins.',
  cost: 'Rules on excluded syscalls no longer match. With drop_failed_exit, Falco does not see failed attempts.',
};

export const fewerEvents: CheckAdvice = {
  when: sustained,
  why: 'Falco drops events in most minutes: the sustained load exceeds what it can handle, and no buffer is large enough for that.',
  change:
    'Reduce the monitored syscalls with base_syscalls.custom_set and base_syscalls.repair: true (keep processes first, then network, then files), set engine.modern_ebpf.drop_failed_exit: true (engine.kmod.drop_failed_exit with the kernel module), and simplify rules and plugins.',
  cost: 'Rules on excluded syscalls no longer match. With drop_failed_exit, Falco does not see failed attempts.',
};

export const largerBuffers: CheckAdvice = {
  when: inBursts,
  why: 'Falco drops events only in some minutes: bursts overflow the ring buffers.',
  change:
    'Raise engine.modern_ebpf.buf_size_preset from 4 to 6 or 7; on machines with many CPUs also set engine.modern_ebpf.cpus_for_each_buffer to 4 or 6. With the kernel module, raise engine.kmod.buf_size_preset to 5 or 6.',
  cost: 'Permanently allocated memory: a buffer takes 8 MB at preset 4, 16 MB at 5, 32 MB at 6 and 64 MB at 7. With 16 CPUs, the modern probe has 8 buffers (one per two CPUs): 64 MB become 256 MB at preset 6, or 128 MB with four CPUs per buffer. The kernel module has 16 buffers: 128 MB become 512 MB at preset 6. The memory limit of the container must allow for this.',
};

export const tooLarge: CheckAdvice = {
  when: mainCause('scratch_map'),
  why: 'Most dropped events are too large for Falco.',
  change: 'Lower falco_libs.snaplen to its default of 80 if it was raised.',
  cost: 'Rules see less of the data that processes read and write.',
};

export const pageFaults: CheckAdvice = {
  when: mainCause('page_faults'),
  why: 'Most dropped events have data that could not be read from the memory of the process.',
  change: 'Use engine.kind: modern_ebpf.',
  cost: 'Requires a kernel with BPF ring buffers and BTF, usually 5.8 or later.',
};

export const againstDrops: CheckAdvice[] = [
  hangs,
  throttled,
  beyond,
  tooLarge,
  pageFaults,
  busyCpu,
  fewerEvents,
  largerBuffers,
];

export const wrongClock: CheckAdvice = {
  why: 'The clock of the node is not synchronised, or all nodes differ because the clock of Grafana or Prometheus is not.',
  change:
    'Check time synchronisation (chronyd, systemd-timesyncd or ntpd) on the node. If all nodes differ, check it on the server of Grafana or Prometheus.',
  cost: 'None.',
};
