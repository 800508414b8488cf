import { rate } from '../templates';
import { type Check } from '../types';
import { againstDrops, fewerEvents, hangs, largerBuffers, throttled } from './advice';
import { losesProcessEnds, skewed, stalledBecause } from './conditions';

const ownBuffers = {
  when: skewed,
  why: 'A few busy CPUs overflow their buffer while the buffers of other CPUs are empty.',
  change: 'Lower engine.modern_ebpf.cpus_for_each_buffer to 1 to give each CPU its own buffer.',
  cost: 'Twice the memory of the default 2: with 16 CPUs, 128 MB instead of 64 MB at preset 4.',
};

const largerTable = {
  why: 'Either the node runs that many threads, or exited threads stay in the table. Compare with ps -eLf | wc -l on the host.',
  change:
    'If the node runs that many threads, raise falco_libs.thread_table_size (default 262144; Falco 0.38 and later) and threadTableSize of the target in the settings of the data source. If it runs far fewer, lower falco_libs.thread_table_auto_purging_interval_s and falco_libs.thread_table_auto_purging_thread_timeout_s (default 300 each; Falco 0.42 and later).',
  cost: 'A larger table takes memory for every additional thread and its open files. Purging takes CPU time for each walk of the table.',
};

const purge = {
  when: losesProcessEnds,
  why: 'Process exit events are dropped, so exited threads stay in the table.',
  change:
    'Fix the drops first. In Falco 0.42 and later, also lower falco_libs.thread_table_auto_purging_interval_s and falco_libs.thread_table_auto_purging_thread_timeout_s (default 300 each).',
  cost: 'CPU time for each walk of the table.',
};

export const dataQuality: Check[] = [
  {
    id: 'stalled',
    signal: 'stalled',
    extraDimensions: ['continuity', 'security'],
    worst: 'max',
    window: '2m',
    meaning: {
      ok: 'No sign of a stall was found.',
      critical: 'Falco responds, but hardly any event reaches its rules: it detects nothing on this node.',
    },
    advice: [
      hangs,
      {
        when: stalledBecause('no events'),
        why: 'No syscall becomes an event.',
        change:
          'Restart Falco and check in its log that the driver was loaded. Check base_syscalls.custom_set and engine.kind.',
        cost: 'Falco does not monitor the node for some seconds.',
      },
      {
        ...fewerEvents,
        when: `${stalledBecause('nearly all dropped')} unless ${stalledBecause('no look-ups')}`,
        why: 'Falco still works but drops at least 95 % of the events: the load far exceeds what it can handle.',
      },
    ],
  },
  {
    id: 'kernel-drops',
    signal: 'kernel-drop-ratio',
    worst: 'max',
    window: '5m',
    meaning: {
      ok: 'Falco drops at most 2 % of the kernel events.',
      warning: 'More than 2 % of the kernel events never reach Falco: it can miss attacks.',
      critical: 'At least 10 % of the kernel events never reach Falco. At this level Falco raises its own drop alert.',
    },
    advice: againstDrops,
  },
  {
    id: 'early-drops',
    signal: 'early-drop-ratio',
    worst: 'max',
    meaning: {
      ok: 'Since it started a few minutes ago, Falco has dropped at most 2 % of the kernel events.',
      warning:
        'Since it started a few minutes ago, Falco has dropped more than 2 % of the kernel events, including those before the first scrape.',
      critical:
        'Since it started a few minutes ago, Falco has dropped at least 10 % of the kernel events, including those before the first scrape.',
    },
    advice: againstDrops,
    optional: true,
  },
  {
    id: 'lost-process-events',
    signal: 'lost-process-events',
    extraDimensions: ['security'],
    worst: 'max',
    window: '5m',
    meaning: {
      ok: 'Falco dropped no process start or exit events.',
      warning:
        'Falco dropped process start or exit events. It evaluates the activity of those processes without their name, parents and container.',
    },
    advice: againstDrops,
  },
  {
    id: 'cpu-drops',
    signal: 'cpu-drop-ratio',
    worst: 'max',
    window: '5m',
    meaning: {
      ok: 'No CPU drops more than 2 % of its events.',
      warning: 'One CPU drops more than 2 % of its events, although the node as a whole may not.',
      critical: 'One CPU drops at least 10 % of its events: Falco can miss what runs there.',
    },
    advice: [hangs, throttled, ownBuffers, largerBuffers, fewerEvents],
    optional: true,
    zeroWith: `sum by ($groupBy) (${rate('falcosecurity_scap_n_drops_total')} and ${rate('falcosecurity_scap_n_evts_total')} > 0)`,
  },
  {
    id: 'device-drops',
    signal: 'device-drop-ratio',
    worst: 'max',
    window: '5m',
    meaning: {
      ok: 'No CPU drops more than 2 % of its events.',
      warning: 'One CPU drops more than 2 % of its events, although the node as a whole may not.',
      critical: 'One CPU drops at least 10 % of its events: Falco can miss what runs there.',
    },
    advice: [hangs, throttled, largerBuffers, fewerEvents],
    optional: true,
  },
  {
    id: 'thread-table',
    signal: 'thread-table-usage-ratio',
    worst: 'max',
    meaning: {
      ok: 'The thread table has free space.',
      warning: 'The thread table is filling up. When it is full, Falco cannot track new processes.',
      critical: 'The thread table is almost full.',
    },
    advice: [purge, largerTable],
  },
  {
    id: 'thread-table-drops',
    signal: 'thread-table-drops',
    worst: 'max',
    window: '15m',
    meaning: {
      ok: 'The thread table had space for every thread.',
      warning:
        'The thread table was full. Falco does not track some processes and evaluates their events without process data.',
    },
    advice: [purge, largerTable],
  },
];
