import { type Check } from '../types';
import { againstDrops, fewerEvents, hangs, largerBuffers } from './advice';
import { losesProcessEnds, skewed, stalledBy } from './conditions';

const ownBuffers = {
  when: skewed,
  why: 'A few busy CPUs fill their buffer while others stand empty.',
  change: 'Lower engine.modern_ebpf.cpus_for_each_buffer to 1, so that each CPU has a buffer of its own.',
  cost: 'Twice the memory of the shipped 2: with 16 CPUs 128 MB instead of 64 at preset 4.',
};

const largerTable = {
  why: 'Either the node runs that many threads, or threads that ended stay in the table: hold it against ps -eLf | wc -l on the host.',
  change:
    'Where the node has so many, raise falco_libs.thread_table_size (262144 as shipped; Falco 0.38 and later), and threadTableSize of the target here. Where it has far fewer, lower falco_libs.thread_table_auto_purging_interval_s and falco_libs.thread_table_auto_purging_thread_timeout_s (300 each; Falco 0.42 and later).',
  cost: 'A larger table takes memory for every thread more that is kept, and its open files; purging takes CPU time for each walk of the table.',
};

const purge = {
  when: losesProcessEnds,
  why: 'Ends of processes are lost, so that dead threads stay in the table.',
  change:
    'Stop the drops first; since Falco 0.42 also lower falco_libs.thread_table_auto_purging_interval_s and falco_libs.thread_table_auto_purging_thread_timeout_s (300 each).',
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
      critical: 'Falco answers, but hardly any event reaches its rules: nothing on this node is detected.',
    },
    advice: [
      hangs,
      {
        when: stalledBy('no events'),
        why: 'Not one system call becomes an event.',
        change:
          'Restart Falco and read in its log whether the driver was loaded; see base_syscalls.custom_set and engine.kind.',
        cost: 'The node is unwatched for some seconds.',
      },
      {
        ...fewerEvents,
        when: `${stalledBy('nearly all dropped')} unless ${stalledBy('no look-ups')}`,
        why: '95 % of the events or more are lost, and Falco still works at the others: the load is far above what it handles.',
      },
    ],
  },
  {
    id: 'kernel-drops',
    signal: 'kernel-drop-ratio',
    worst: 'max',
    window: '5m',
    meaning: {
      ok: 'At most 2 % of the events are lost on their way from the kernel.',
      warning: 'More than 2 % of the events never reach Falco: attacks can go unseen.',
      critical: '10 % of the events or more never reach Falco, which raises an alert of its own at that point.',
    },
    advice: againstDrops,
  },
  {
    id: 'early-drops',
    signal: 'early-drop-ratio',
    worst: 'max',
    meaning: {
      ok: 'Since its start, of a few minutes ago, Falco has lost at most 2 % of the events.',
      warning:
        'Since its start, of a few minutes ago, Falco has lost more than 2 % of the events, those before the first scrape among them.',
      critical:
        'Since its start, of a few minutes ago, Falco has lost 10 % of the events or more, those before the first scrape among them.',
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
      ok: 'No start or end of a process was lost on the way from the kernel.',
      warning:
        'Starts or ends of processes were lost: Falco judges what those processes do without their names, parents and containers.',
    },
    advice: againstDrops,
  },
  {
    id: 'cpu-drops',
    signal: 'cpu-drop-ratio',
    worst: 'max',
    window: '5m',
    meaning: {
      ok: 'No CPU loses more than 2 % of its events.',
      warning: 'A CPU loses more than 2 % of its events, though the node as a whole may not.',
      critical: 'A CPU loses 10 % of its events or more: what runs there can go unseen.',
    },
    advice: [hangs, ownBuffers, largerBuffers, fewerEvents],
    optional: true,
  },
  {
    id: 'device-drops',
    signal: 'device-drop-ratio',
    worst: 'max',
    window: '5m',
    meaning: {
      ok: 'No CPU loses more than 2 % of its events.',
      warning: 'A CPU loses more than 2 % of its events, though the node as a whole may not.',
      critical: 'A CPU loses 10 % of its events or more: what runs there can go unseen.',
    },
    advice: [hangs, largerBuffers, fewerEvents],
    optional: true,
  },
  {
    id: 'thread-table',
    signal: 'thread-table-usage-ratio',
    worst: 'max',
    meaning: {
      ok: 'There is room in the table of threads.',
      warning: 'The table of threads is filling up; when it is full, new processes are unknown to Falco.',
      critical: 'The table of threads is as good as full.',
    },
    advice: [purge, largerTable],
  },
  {
    id: 'thread-table-drops',
    signal: 'thread-table-drops',
    worst: 'max',
    window: '15m',
    meaning: {
      ok: 'Every thread found a place in the table.',
      warning: 'The table was full: Falco does not know some processes and judges their events without them.',
    },
    advice: [purge, largerTable],
  },
];
