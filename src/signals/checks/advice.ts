import { type CheckAdvice } from '../types';
import { beyondFalco, inBursts, mostly, nearOneCpu, stalledBy, sustained } from './conditions';

export const hangs: CheckAdvice = {
  when: stalledBy('no look-ups'),
  why: 'Events happen and Falco looks no thread up: its event loop hangs.',
  change:
    'Look for an output that blocks (program_output, http_output, file_output on a full disk) or a plugin that hangs, then restart Falco.',
  cost: 'The node is unwatched for some seconds.',
};

export const beyond: CheckAdvice = {
  when: beyondFalco,
  why: 'The node has more than 3000 events per second and CPU, and loses some: it may be beyond what Falco can follow.',
  change:
    'Try the least first: base_syscalls.custom_set: [clone, clone3, fork, vfork, execve, execveat, procexit] with base_syscalls.repair: true. Add network calls, then open* only as long as nothing is lost. If that first set already loses events, take the node’s workload apart or accept the loss.',
  cost: 'Rules on the system calls that are left out no longer match: at first all on files and network.',
};

export const busyCpu: CheckAdvice = {
  when: nearOneCpu,
  why: 'Falco uses nearly the one CPU that its event loop can use: it cannot go faster.',
  change:
    'Cut system calls with base_syscalls.custom_set and base_syscalls.repair: true, set engine.modern_ebpf.drop_failed_exit: true (engine.kmod.drop_failed_exit with the kernel module), slim down rules on frequent system calls, and try without plugins.',
  cost: 'What is cut is not detected; with drop_failed_exit failed attempts are not seen.',
};

export const fewerEvents: CheckAdvice = {
  when: sustained,
  why: 'Events are lost in most minutes: the load is above what Falco handles, and no buffer is large enough for that.',
  change:
    'Cut system calls with base_syscalls.custom_set and base_syscalls.repair: true (processes first, then network, then files), set engine.modern_ebpf.drop_failed_exit: true (engine.kmod.drop_failed_exit), and slim down rules and plugins.',
  cost: 'Rules on the system calls that are left out no longer match; with drop_failed_exit failed attempts are not seen.',
};

export const largerBuffers: CheckAdvice = {
  when: inBursts,
  why: 'Events are lost in few minutes: bursts overflow the ring buffers.',
  change:
    'Raise engine.modern_ebpf.buf_size_preset from 4 to 6 or 7, on machines with many CPUs with engine.modern_ebpf.cpus_for_each_buffer 4 or 6; with the kernel module raise engine.kmod.buf_size_preset to 5 or 6.',
  cost: 'Memory set aside for good: a buffer takes 8 MB at preset 4, 16 at 5, 32 at 6, 64 at 7. With 16 CPUs the modern probe has 8 buffers (two CPUs each): 64 MB become 256 at preset 6, or 128 with four CPUs each; the kernel module has 16: 128 MB become 512 at preset 6. The container’s memory limit has to allow for it.',
};

export const tooLarge: CheckAdvice = {
  when: mostly('scratch_map'),
  why: 'Most of what is lost are single events that are too large for Falco.',
  change: 'Lower falco_libs.snaplen to 80, its default, if it was raised.',
  cost: 'Less of what was read and written is seen by rules.',
};

export const pageFaults: CheckAdvice = {
  when: mostly('page_faults'),
  why: 'Most of what is lost are events whose data could not be read from the memory of the process.',
  change: 'Use engine.kind: modern_ebpf.',
  cost: 'Needs a kernel with BPF ring buffers and BTF, usually 5.8 or later.',
};

export const againstDrops: CheckAdvice[] = [hangs, beyond, tooLarge, pageFaults, busyCpu, fewerEvents, largerBuffers];
