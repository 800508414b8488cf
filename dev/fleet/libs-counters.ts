import { CAUSE_PERCENT, DROP_CAUSES, ENTER_CAUSES, hasEnterEvents, type DropCause } from './engines';
import { type NodeState } from './node';

/**
 * The totals that Falco exports for the kernel side, derived from the counters of the CPUs so that
 * they agree.
 */
export function kernelTotals({ cpus }: Pick<NodeState, 'cpus'>): {
  events: number;
  bufferDrops: number;
  otherDrops: number;
  drops: number;
} {
  let events = 0;
  let bufferDrops = 0;
  let otherDrops = 0;
  for (const cpu of cpus) {
    events += cpu.events;
    bufferDrops += cpu.bufferDrops;
    otherDrops += cpu.otherDrops;
  }
  return { events, bufferDrops, otherDrops, drops: bufferDrops + otherDrops };
}

/** Buffer drops by cause and direction; the rest of the total has no category. */
export function dropsByCause(state: NodeState): Array<{ drop: DropCause; dir: 'enter' | 'exit'; count: number }> {
  const { bufferDrops } = kernelTotals(state);
  const enterToo = hasEnterEvents(state.spec);
  return DROP_CAUSES.flatMap((drop) => {
    const all = Math.floor((bufferDrops * CAUSE_PERCENT[drop]) / 100);
    if (!enterToo || !ENTER_CAUSES.includes(drop)) {
      return [{ drop, dir: 'exit' as const, count: all }];
    }
    const enter = Math.floor(all * 0.4);
    return [
      { drop, dir: 'enter' as const, count: enter },
      { drop, dir: 'exit' as const, count: all - enter },
    ];
  });
}

/** libsinsp's state counters in the order in which it lists them. */
export function stateCounters(state: NodeState): Array<[name: string, type: 'counter' | 'gauge', value: number]> {
  const { delivered, threads, fds, at, openedAt } = state;
  const { drops } = kernelTotals(state);
  const share = (part: number) => Math.floor(delivered * part);
  const stored = share(hasEnterEvents(state.spec) ? 0.46 : 0.045);
  // A failed close or a fork without its thread takes back one failed lookup: the counter may
  // decrease.
  const takenBack = at > openedAt + 60_000 ? Math.round(2 + 2 * Math.sin(at / 9_000)) : 0;
  return [
    ['n_threads', 'gauge', threads.table],
    ['n_fds', 'gauge', fds.open],
    ['n_noncached_fd_lookups', 'counter', share(0.14) + fds.removed],
    ['n_cached_fd_lookups', 'counter', share(0.55)],
    ['n_failed_fd_lookups', 'counter', Math.max(0, share(0.05) - takenBack)],
    ['n_added_fds', 'counter', fds.added],
    ['n_removed_fds', 'counter', fds.removed],
    ['n_stored_evts', 'counter', stored],
    ['n_store_evts_drops', 'counter', Math.floor(threads.refused * 1.7)],
    ['n_retrieved_evts', 'counter', Math.floor(stored * 0.94)],
    ['n_retrieve_evts_drops', 'counter', Math.floor(stored * 0.05) + Math.floor(drops * 0.04)],
    ['n_noncached_thread_lookups', 'counter', share(0.343)],
    ['n_cached_thread_lookups', 'counter', share(0.655)],
    ['n_failed_thread_lookups', 'counter', Math.max(0, share(0.0012) + Math.floor(drops * 0.002) - takenBack)],
    ['n_added_threads', 'counter', threads.added],
    ['n_removed_threads', 'counter', threads.removed],
    ['n_drops_full_threadtable', 'counter', threads.refused],
  ];
}

/** Megabytes of a ring buffer at the default preset 4, and CPUs per buffer with modern_bpf. */
const BUFFER_KIB = 8 * 1024;
const CPUS_PER_BUFFER = 2;

/** KiB as shown by /proc. */
export function memory({ spec, rssKiB }: NodeState): { rss: number; vsz: number; pss: number } {
  const buffers = spec.engine === 'kmod' ? spec.cpus : Math.ceil(spec.cpus / CPUS_PER_BUFFER);
  // Ring buffers are mapped twice.
  return { rss: rssKiB, vsz: 1_060_000 + rssKiB + 2 * buffers * BUFFER_KIB, pss: Math.round(rssKiB * 0.83) };
}

/** Falco's own CPU ratio: an average since its start, in steps of 0.001. */
export function cpuLifetime({ cpuSeconds, at, startedAt }: NodeState): number {
  const elapsed = Math.max(1, (at - startedAt) / 1000);
  return Math.round((1000 * cpuSeconds) / elapsed) / 1000;
}
