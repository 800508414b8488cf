import { links } from '../links';
import { stateCounter } from '../needs';
import { anyGrouping, highest, increase, named, rate, share, total } from '../templates';
import { type Advice, type Signal } from '../types';

const scap = (name: string) => `falcosecurity_scap_n_${name}_total`;
const threads = scap('threads');
const tableDrops = scap('drops_full_threadtable');
/** Written for each target from its settings, 262144 where nothing is set; unknown to other stores. */
const tableSize = 'falco_target_thread_table_size';

const perInstance = { default: ['$identity'], allowed: anyGrouping };
const size = `(${tableSize}{$filter} or on ($identity) ${threads}{$filter} * 0 + 262144)`;

/**
 * A counter of failed look-ups goes down as well: what was no failure after all is taken back. A fall
 * is a reset only where the counter of what was added to the same table fell, too.
 */
function failures(table: 'thread' | 'fd'): string {
  const failed = `clamp_min(delta(${scap(`failed_${table}_lookups`)}{$filter}[$window]), 0)`;
  return `(${failed} and resets(${scap(`added_${table}s`)}{$filter}[$window]) == 0)`;
}

function failedShare(table: 'thread' | 'fd'): string {
  const found = `${increase(scap(`cached_${table}_lookups`))} + ${increase(scap(`noncached_${table}_lookups`))}`;
  return share(total(failures(table)), total(`${failures(table)} + ${found}`));
}

function cachedShare(): string {
  const tables = (count: (table: string) => string) =>
    ['thread', 'fd'].map((table) => named(`(${count(table)})`, 'table', table)).join(' or ');
  const hits = (table: string) => rate(scap(`cached_${table}_lookups`));
  const all = (table: string) => `${hits(table)} + ${rate(scap(`noncached_${table}_lookups`))}`;
  return share(total(tables(hits)), total(tables(all)));
}

const largerTable: Advice = {
  when: 'The node really runs that many threads.',
  change: 'Raise falco_libs.thread_table_size (262144 by default, Falco 0.38 and later).',
  cost: 'Memory for every thread more that is kept, with its files.',
};

const purgeSooner: Advice = {
  when: 'The table holds more threads than the node runs: threads whose end was lost stay in it.',
  change:
    'Stop the drops first (class proc); since Falco 0.42 lower falco_libs.thread_table_auto_purging_interval_s and falco_libs.thread_table_auto_purging_thread_timeout_s (300 each).',
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
    summary: 'Threads that Falco keeps, as a share of the places in its table',
    description:
      'Entries of the thread table divided by its size: threadTableSize of the target’s settings, 262144 (the size that Falco ships with) where that is not set. Falco does not export the size. When the table is full, new threads are not kept. A group of nodes shows its highest.',
    expr: highest(`(${threads}{$filter} / on ($identity) group_left () ${size})`),
    groupBy: perInstance,
    needs: [stateCounter(threads)],
    thresholds: {
      direction: 'above',
      warning: 0.8,
      critical: 0.95,
      because: 'falco.yaml asks for a size well above the number of threads that live at a time; the bounds are ours.',
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
    summary: 'Threads within the window that Falco could not keep since its table was full',
    description:
      'Every event of such a thread is judged without its process: no name, no parents, no container. The count is spread to the ends of the window. A group of nodes shows its sum.',
    expr: total(increase(tableDrops)),
    groupBy: perInstance,
    needs: [stateCounter(tableDrops)],
    thresholds: {
      direction: 'above',
      warning: 1,
      because: 'The healthy figure is 0; falco.yaml asks for a larger table when it grows.',
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
    summary: 'Entries of system calls per second that Falco could not keep for their exit',
    description:
      'Falco keeps the entry of some system calls until they return, and cannot where it does not know the thread. No event is lost, but arguments of the entry are. Since Falco 0.42 only open, creat, openat, openat2 and connect are kept so. It follows lost process events and a full table. A group of nodes shows its sum.',
    expr: total(rate(scap('store_evts_drops'))),
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
    summary: 'Share of the exits of system calls whose kept entry was missing or another',
    description:
      'Of the look-ups of a kept entry at the exit of its call, those that failed. Some are normal: calls that began before Falco did, and entries that were dropped. It rises with drops. No event is lost. A group shows all of its failures over all of its look-ups.',
    expr: share(
      total(rate(scap('retrieve_evts_drops'))),
      total(`${rate(scap('retrieved_evts'))} + ${rate(scap('retrieve_evts_drops'))}`)
    ),
    groupBy: perInstance,
    needs: [stateCounter(scap('retrieve_evts_drops')), stateCounter(scap('retrieved_evts'))],
    advice: [],
    link: links.metrics,
    noValueReason: 'No entry was looked for within the window',
  },
  {
    id: 'thread-lookup-failure-ratio',
    title: 'Thread lookup failures',
    dimension: 'data-quality',
    unit: 'percentunit',
    decimals: 2,
    min: 0,
    summary: 'Share of the look-ups of a thread that Falco’s table could not answer',
    description:
      'Failed look-ups divided by all: from the cache, from the table, and failed. Falco then asks /proc, or judges the event without its process. Its counter of failures goes down now and then, when a failure turns out to be a new thread: its change over the window is taken, never below 0, and none across a restart or reload. A node in good health was published with 0.1 %. A group shows all failures over all look-ups.',
    expr: failedShare('thread'),
    groupBy: perInstance,
    needs: lookUpNeeds('thread'),
    advice: [
      {
        when: 'It rose together with lost-process-events or thread-table-drops.',
        change: 'Follow the advice there: the threads that cannot be found are those that were lost.',
        cost: 'None.',
      },
    ],
    link: links.metrics,
    noValueReason: 'Falco restarted or reloaded within the window, or looked nothing up',
  },
  {
    id: 'fd-lookup-failure-ratio',
    title: 'File descriptor lookup failures',
    dimension: 'data-quality',
    unit: 'percentunit',
    min: 0,
    summary: 'Share of the look-ups of an open file that Falco’s table could not answer',
    description:
      'As for threads. It is large on nodes in good health (26 % was published for one): files that were open before Falco started, or were opened in ways that it does not follow. Worth a look only where it changes together with drops of open or close. A group shows all failures over all look-ups.',
    expr: failedShare('fd'),
    groupBy: perInstance,
    needs: lookUpNeeds('fd'),
    advice: [],
    link: links.metrics,
    noValueReason: 'Falco restarted or reloaded within the window, or looked nothing up',
  },
  {
    id: 'cached-lookup-ratio',
    title: 'Cached lookups',
    dimension: 'data-quality',
    unit: 'percentunit',
    min: 0,
    max: 1,
    summary: 'Share of the look-ups that were found which the cache of the last entry answered',
    description:
      'For each table, thread and fd: answers of the cache, which holds one entry, divided by all that were found. It falls when many threads take turns; each miss costs a search. It tells how the load is mixed, and whether two builds of Falco differ; there is no good or bad value.',
    expr: cachedShare(),
    groupBy: { default: ['$identity', 'table'], allowed: anyGrouping },
    needs: [stateCounter(scap('cached_thread_lookups')), stateCounter(scap('noncached_thread_lookups'))],
    advice: [],
    link: links.metrics,
    noValueReason: 'Nothing was looked up within the window',
  },
];
