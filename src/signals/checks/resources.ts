import { type Check, type CheckAdvice } from '../types';
import { busyCpu } from './advice';
import { beyondFalco, queueFull } from './conditions';

const lighter: CheckAdvice = { ...busyCpu, when: undefined, why: 'Falco has more to do than it should.' };

const busyNode: CheckAdvice = {
  when: beyondFalco,
  why: 'The node has more than 3000 events per second and CPU: the load itself is what costs.',
  change:
    'Cut the system calls that Falco takes with base_syscalls.custom_set and base_syscalls.repair: true, starting from processes only.',
  cost: 'Rules on the system calls that are left out no longer match.',
};

const raiseCpu: CheckAdvice = {
  why: 'The limit is below what Falco uses; while it is throttled its ring buffers overflow.',
  change: 'Raise the CPU limit of Falco’s container; its event loop uses one full CPU at most.',
  cost: 'CPU time that other containers of the node may want.',
};

const memory: CheckAdvice[] = [
  {
    when: queueFull,
    why: 'The outputs queue is full: alerts wait in memory for a slow output.',
    change: 'Speed the slow output up (http_output, program_output, file_output), or lower outputs_queue.capacity.',
    cost: 'A smaller queue drops alerts sooner.',
  },
  {
    why: 'Ring buffers, the outputs queue and the table of threads are what Falco’s memory goes to.',
    change:
      'Lower engine.modern_ebpf.buf_size_preset (engine.kmod.buf_size_preset with the kernel module) or raise engine.modern_ebpf.cpus_for_each_buffer; bound outputs_queue.capacity (0, without bound, as shipped); since Falco 0.42 lower falco_libs.thread_table_auto_purging_interval_s.',
    cost: 'Each step of the preset halves the buffers: with 16 CPUs 64 MB become 32 at preset 3, and more is lost in bursts. A bounded queue drops alerts when it is full. Purging costs CPU time.',
  },
  {
    why: 'The limit is too low for this node.',
    change: 'Raise the memory limit of Falco’s container, and memoryLimit of the target here.',
    cost: 'Memory of the node.',
  },
];

export const resources: Check[] = [
  {
    id: 'cpu',
    signal: 'cpu-usage-avg-ratio',
    worst: 'max',
    meaning: {
      ok: 'Falco has lately used less than four fifths of one CPU.',
      warning: 'Falco is near the one CPU that its event loop can use.',
      critical: 'Falco uses one full CPU: it cannot go faster, and more load means lost events.',
    },
    advice: [busyNode, lighter],
  },
  {
    id: 'cpu-since-start',
    signal: 'cpu-usage-since-start-ratio',
    worst: 'max',
    meaning: {
      ok: 'On average since its start Falco has used less than four fifths of one CPU; the present may differ.',
      warning: 'On average since its start Falco has been near the one CPU that its event loop can use.',
      critical: 'On average since its start Falco has used one full CPU.',
    },
    advice: [busyNode, lighter],
  },
  {
    id: 'cpu-limit',
    signal: 'cpu-limit-ratio',
    worst: 'max',
    window: '1h',
    meaning: {
      ok: 'Falco is well below its CPU limit.',
      warning: 'Falco is near its CPU limit.',
      critical: 'Falco is at its CPU limit and throttled: events are lost although the node may have CPUs to spare.',
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
      ok: 'Falco’s container is hardly ever halted at its CPU limit.',
      warning: 'Falco’s container is halted at its CPU limit time and again.',
      critical:
        'Falco’s container is halted at its CPU limit in a quarter of its time slices or more: ring buffers overflow.',
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
      warning: 'Falco is near its memory limit.',
      critical: 'Falco is about to be killed for reaching its memory limit.',
    },
    advice: memory,
    optional: true,
  },
  {
    id: 'memory-trend',
    signal: 'memory-limit-remaining-time',
    worst: 'min',
    meaning: {
      ok: 'At the growth of the last hour Falco has more than a day to its memory limit.',
      warning: 'At the growth of the last hour Falco reaches its memory limit within a day.',
      critical: 'At the growth of the last hour Falco is killed for its memory within the hour.',
    },
    advice: memory,
    optional: true,
  },
];
