import { type Check, type CheckAdvice } from '../types';
import { busyCpu } from './advice';
import { atCpuLimit, beyondFalco, queueFull } from './conditions';

const lighter: CheckAdvice = { ...busyCpu, when: undefined, why: 'Falco has too much work.' };

const busyNode: CheckAdvice = {
  when: beyondFalco,
  why: 'The node has more than 3000 events per second and CPU: the load itself causes the cost.',
  change:
    'Reduce the monitored syscalls with base_syscalls.custom_set and base_syscalls.repair: true, starting with processes only.',
  cost: 'Rules on excluded syscalls no longer match.',
};

const raiseCpu: CheckAdvice = {
  why: 'The limit is below what Falco uses. While Falco is throttled, its ring buffers overflow.',
  change: 'Raise the CPU limit of the Falco container. Its event loop uses at most one full CPU.',
  cost: 'CPU time that other containers of the node may need.',
};

const memory: CheckAdvice[] = [
  {
    when: queueFull,
    why: 'The outputs queue is full: alerts wait in memory for a slow output.',
    change: 'Speed up the slow output (http_output, program_output, file_output), or lower outputs_queue.capacity.',
    cost: 'A smaller queue drops alerts sooner.',
  },
  {
    why: "Ring buffers, the outputs queue and the thread table use most of Falco's memory.",
    change:
      'Lower engine.modern_ebpf.buf_size_preset (engine.kmod.buf_size_preset with the kernel module) or raise engine.modern_ebpf.cpus_for_each_buffer. Set outputs_queue.capacity (default 0, unbounded). In Falco 0.42 and later, lower falco_libs.thread_table_auto_purging_interval_s.',
    cost: 'Each step of the preset halves the buffers: with 16 CPUs, 64 MB become 32 MB at preset 3, and bursts cause more drops. A bounded queue drops alerts when it is full. Purging costs CPU time.',
  },
  {
    why: 'The limit is too low for this node.',
    change:
      'Raise the memory limit of the Falco container, and memoryLimit of the target in the settings of the data source.',
    cost: 'Memory of the node.',
  },
];

export const resources: Check[] = [
  {
    id: 'cpu',
    signal: 'cpu-capacity-ratio',
    worst: 'max',
    meaning: {
      ok: 'Falco uses less than 80 % of one CPU or, if that is lower, of its CPU limit.',
      warning: 'Falco is close to the most CPU it can use: one CPU for its event loop, or its CPU limit.',
      critical:
        'Falco uses one full CPU or all of its CPU limit and cannot process events faster. More load causes drops.',
    },
    advice: [{ ...raiseCpu, when: atCpuLimit }, busyNode, lighter],
  },
  {
    id: 'cpu-since-start',
    signal: 'cpu-capacity-since-start-ratio',
    worst: 'max',
    meaning: {
      ok: 'Since its start, Falco has on average used less than 80 % of one CPU or of its CPU limit. The current usage may differ.',
      warning:
        'Since its start, Falco has on average been close to the most CPU it can use: one CPU, or its CPU limit.',
      critical: 'Since its start, Falco has on average used one full CPU or all of its CPU limit.',
    },
    advice: [{ ...raiseCpu, when: atCpuLimit }, busyNode, lighter],
  },
  {
    id: 'cpu-limit',
    signal: 'cpu-limit-ratio',
    worst: 'max',
    window: '1h',
    meaning: {
      ok: 'Falco is well below its CPU limit.',
      warning: 'Falco is close to its CPU limit.',
      critical:
        'Falco has reached its CPU limit and is throttled: it drops events although the node may have idle CPUs.',
    },
    advice: [raiseCpu, lighter],
    optional: true,
  },
  {
    id: 'cpu-throttling',
    signal: 'cpu-throttled-ratio',
    worst: 'max',
    window: '15m',
    meaning: {
      ok: 'The Falco container is rarely throttled.',
      warning: 'The Falco container is throttled repeatedly.',
      critical: 'The Falco container is throttled in at least a quarter of its CPU periods: ring buffers overflow.',
    },
    advice: [raiseCpu, lighter],
    optional: true,
  },
  {
    id: 'memory-limit',
    signal: 'memory-limit-ratio',
    worst: 'max',
    meaning: {
      ok: 'Falco is well below its memory limit.',
      warning: 'Falco is close to its memory limit.',
      critical: 'Falco is about to be OOM-killed.',
    },
    advice: memory,
    optional: true,
  },
  {
    id: 'memory-trend',
    signal: 'memory-limit-remaining-time',
    worst: 'min',
    meaning: {
      ok: 'At the growth of the last hour, Falco has more than a day until it reaches its memory limit.',
      warning: 'At the growth of the last hour, Falco reaches its memory limit within a day.',
      critical: 'At the growth of the last hour, Falco reaches its memory limit and is OOM-killed within an hour.',
    },
    advice: memory,
    optional: true,
  },
];
