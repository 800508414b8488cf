import { links } from '../links';
import { stateCounter } from '../needs';
import { anyGrouping, maxByGroup, increase, withLabel, rate, divide, sumByGroup } from '../templates';
import { type Advice, type Signal } from '../types';

const scap = (name: string) => `falcosecurity_scap_n_${name}_total`;
const threads = scap('threads');
const tableDrops = scap('drops_full_threadtable');
/**
 * Written for each target from its settings, 262144 if not set. Prometheus does not have it unless
 * a recording rule provides it.
 */
const tableSize = 'falco_target_thread_table_size';

const perInstance = { default: ['$identity'], allowed: anyGrouping };
const size = `(${tableSize}{$filter} or on ($identity) ${threads}{$filter} * 0 + 262144)`;

/**
 * A counter of failed lookups can also decrease, when Falco corrects a failure. The decrease is a
 * reset only if the counter of entries added to the same table was reset too.
 */
function failedLookups(table: 'thread' | 'fd'): string {
  const failed = `clamp_min(delta(${scap(`failed_${table}_lookups`)}{$filter}[$window]), 0)`;
  return `(${failed} and resets(${scap(`added_${table}s`)}{$filter}[$window]) == 0)`;
}

function failedShare(table: 'thread' | 'fd'): string {
  const found = `${increase(scap(`cached_${table}_lookups`))} + ${increase(scap(`noncached_${table}_lookups`))}`;
  return divide(sumByGroup(failedLookups(table)), sumByGroup(`${failedLookups(table)} + ${found}`));
}

function cachedShare(): string {
  const tables = (count: (table: string) => string) =>
    ['thread', 'fd'].map((table) => withLabel(`(${count(table)})`, 'table', table)).join(' or ');
  const hits = (table: string) => rate(scap(`cached_${table}_lookups`));
  const all = (table: string) => `${hits(table)} + ${rate(scap(`noncached_${table}_lookups`))}`;
  return divide(sumByGroup(tables(hits)), sumByGroup(tables(all)));
}

const largerTable: Advice = {
  when: 'The node runs that many threads.',
  change: 'Raise falco_libs.thread_table_size (default 262144; Falco 0.38 and later).',
  cost: 'Memory for every additional thread and its open files.',
};

const purgeSooner: Advice = {
  when: 'The table holds more threads than the node runs: threads whose exit event was dropped stay in it.',
  change:
    'Fix the drops of the class proc first. In Falco 0.42 and later, lower falco_libs.thread_table_auto_purging_interval_s and falco_libs.thread_table_auto_purging_thread_timeout_s (default 300 each).',
  cost: 'CPU time for every walk of the table.',
};

const lookUpNeeds = (table: 'thread' | 'fd') => [
  stateCounter(scap(`failed_${table}_lookups`)),
  stateCounter(scap(`cached_${table}_lookups`)),
];

export const state: Signal[] = [
  {
    id: 'thread-table-usage-ratio',
    title: 'Thread table usage',
    dimension: 'data-quality',
    unit: 'percentunit',
    min: 0,
    summary: 'Number of threads that Falco tracks, as a share of the table size',
    description:
      'Entries of the thread table divided by its size: threadTableSize from the settings of the target, or 262144, the default of Falco. Falco does not export the size. When the table is full, Falco does not track new threads. Groups show the maximum.',
    expr: maxByGroup(`(${threads}{$filter} / on ($identity) group_left () ${size})`),
    groupBy: perInstance,
    needs: [stateCounter(threads)],
    thresholds: {
      direction: 'above',
      warning: 0.8,
      critical: 0.95,
      because: 'falco.yaml recommends a size well above the number of concurrent threads; the thresholds are ours.',
      source: links.config,
    },
    advice: [purgeSooner, largerTable],
    link: links.config,
  },
  {
    id: 'thread-table-drops',
    title: 'Thread table drops',
    dimension: 'data-quality',
    unit: 'locale',
    decimals: 0,
    min: 0,
    summary: 'Threads within the window that Falco could not track because its table was full',
    description:
      'Falco evaluates every event of such a thread without process data: no name, no parents, no container. The count is extrapolated to the ends of the window. Groups show the sum.',
    expr: sumByGroup(increase(tableDrops)),
    groupBy: perInstance,
    needs: [stateCounter(tableDrops)],
    thresholds: {
      direction: 'above',
      warning: 1,
      because: 'The healthy value is 0; falco.yaml recommends a larger table if it grows.',
      source: links.config,
    },
    advice: [largerTable, purgeSooner],
    link: links.config,
  },
  {
    id: 'store-drop-rate',
    title: 'Store drops',
    dimension: 'data-quality',
    unit: 'eps',
    min: 0,
    summary: 'Syscall entry events per second that Falco could not store until the exit',
    description:
      'Falco stores the entry event of some syscalls until they return, which fails if it does not know the thread. No event is lost, but arguments of the entry are. Since Falco 0.42 this applies only to open, creat, openat, openat2 and connect. It follows from lost process events and a full table. Groups show the sum.',
    expr: sumByGroup(rate(scap('store_evts_drops'))),
    groupBy: perInstance,
    needs: [stateCounter(scap('store_evts_drops'))],
    advice: [largerTable, purgeSooner],
    link: links.config,
  },
  {
    id: 'retrieve-failure-ratio',
    title: 'Retrieve failures',
    dimension: 'data-quality',
    unit: 'percentunit',
    min: 0,
    summary: 'Share of the syscall exits whose stored entry event was missing or did not match',
    description:
      'Failed lookups of stored entry events divided by all such lookups. Some failures are normal: syscalls that began before Falco started, and entry events that were dropped. The share rises with drops. No event is lost. Groups show all failures divided by all lookups.',
    expr: divide(
      sumByGroup(rate(scap('retrieve_evts_drops'))),
      sumByGroup(`${rate(scap('retrieved_evts'))} + ${rate(scap('retrieve_evts_drops'))}`)
    ),
    groupBy: perInstance,
    needs: [stateCounter(scap('retrieve_evts_drops')), stateCounter(scap('retrieved_evts'))],
    advice: [],
    link: links.metrics,
    noValueReason: 'No stored entry event was looked up within the window',
  },
  {
    id: 'thread-lookup-failure-ratio',
    title: 'Thread lookup failures',
    dimension: 'data-quality',
    unit: 'percentunit',
    decimals: 2,
    min: 0,
    summary: "Share of thread lookups that Falco's table could not answer",
    description:
      'Failed lookups divided by all lookups (cached, uncached and failed). After a failure, Falco reads /proc or evaluates the event without process data. The counter of failures sometimes decreases, when a failure turns out to be a new thread: the signal takes its change over the window, never below 0, and has no value across a restart or reload. A published healthy node had 0.1 %. Groups show all failures divided by all lookups.',
    expr: failedShare('thread'),
    groupBy: perInstance,
    needs: lookUpNeeds('thread'),
    advice: [
      {
        when: 'It rose together with lost-process-events or thread-table-drops.',
        change: 'Follow the advice of those signals: the missing threads are those that were lost.',
        cost: 'None.',
      },
    ],
    link: links.metrics,
    noValueReason: 'Falco restarted or reloaded within the window, or it made no lookups',
  },
  {
    id: 'fd-lookup-failure-ratio',
    title: 'File descriptor lookup failures',
    dimension: 'data-quality',
    unit: 'percentunit',
    min: 0,
    summary: "Share of file descriptor lookups that Falco's table could not answer",
    description:
      'Same as thread-lookup-failure-ratio, for file descriptors. It is high on healthy nodes (26 % was published for one): files that were open before Falco started, or that were opened in ways Falco does not track. It matters only if it changes together with drops of open or close. Groups show all failures divided by all lookups.',
    expr: failedShare('fd'),
    groupBy: perInstance,
    needs: lookUpNeeds('fd'),
    advice: [],
    link: links.metrics,
    noValueReason: 'Falco restarted or reloaded within the window, or it made no lookups',
  },
  {
    id: 'cached-lookup-ratio',
    title: 'Cached lookups',
    dimension: 'data-quality',
    unit: 'percentunit',
    min: 0,
    max: 1,
    summary: 'Share of successful lookups answered by the single-entry cache',
    description:
      'For the tables thread and fd: lookups answered by the cache, which holds one entry, divided by all successful lookups. It falls when many threads alternate; each miss costs a search. It characterises the workload and helps compare Falco builds; there is no good or bad value.',
    expr: cachedShare(),
    groupBy: { default: ['$identity', 'table'], allowed: anyGrouping },
    needs: [stateCounter(scap('cached_thread_lookups')), stateCounter(scap('noncached_thread_lookups'))],
    advice: [],
    link: links.metrics,
    noValueReason: 'No lookups within the window',
  },
];
