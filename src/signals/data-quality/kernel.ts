import { links } from '../links';
import { kernelCounter } from '../needs';
import { anyGrouping, sumCpusWith, withLabel, rate, divide, increaseSinceStart, sumByGroup } from '../templates';
import { type Need, type Signal } from '../types';
import { biggerBuffers, fewerSyscalls, slimmerRules } from './advice';

export const events = 'falcosecurity_scap_n_evts_total';
export const drops = 'falcosecurity_scap_n_drops_total';
export const bufferDrops = 'falcosecurity_scap_n_drops_buffer_total';
const preemptions = 'falcosecurity_scap_n_preemptions_total';
const otherDrops = { scratch_map: 'scratch_map', page_faults: 'page_faults', bug: 'bug' };

// A newer Falco may count drops by a cause that is not listed here. It is shown by its own name. A rate would merge several
// such series into one, a difference keeps them apart.
const notCauses = 'buffer|scratch_map|page_faults|bug|cpu|dev_[0-9]+|full_threadtable|max_event_size|task|task_file_.+';
const newCauses = (offset: string) =>
  `label_replace({__name__=~"falcosecurity_scap_n_drops_.+_total",__name__!~"falcosecurity_scap_n_drops_(?:${notCauses})_total"}${offset}, "cause", "$1", "__name__", "falcosecurity_scap_n_drops_(.+)_total")`;
const newDrops = `(${newCauses('')} - ${newCauses(' offset $window')} >= 0 and on ($identity) ${events}{$filter})`;

const perInstance = { default: ['$identity'], allowed: anyGrouping };

/**
 * Returns all drops that have a cause of their own as one vector. `count` returns a rate or a count
 * within the window, and `newDrops` is the same for causes that are not listed here.
 */
function combineCauses(count: (metric: string) => string, newDrops: string): string {
  const others = Object.entries(otherDrops).map(([cause, name]) =>
    withLabel(count(`falcosecurity_scap_n_drops_${name}_total`), 'cause', cause)
  );
  return [`label_replace(${count(bufferDrops)}, "cause", "$1", "drop", "(.+)")`, ...others, newDrops].join(' or ');
}

function sumByCause(count: (metric: string) => string, newDrops: string): string {
  const causes = combineCauses(count, newDrops);
  const rest = `clamp_min(${count(drops)} - sum without (drop, dir, cause) (${causes}), 0)`;
  return sumByGroup(`${causes} or ${withLabel(rest, 'cause', 'uncategorised')}`);
}

/** Process start and exit events, as far as the drop classes distinguish them. */
const processDrops = increaseSinceStart(bufferDrops, 'drop=~"clone_fork|execve|proc"');

/** Age in seconds below which a process is young. */
const young = `falcosecurity_falco_duration_seconds_total{$filter} < 900`;
const ofYoung = (metric: string) => sumByGroup(`${metric}{$filter} and on ($identity) ${young}`);

/** Thresholds for a share of dropped events. */
const tooManyLost = {
  direction: 'above' as const,
  warning: 0.02,
  critical: 0.1,
  because:
    'The Falco documentation considers drops of 1 to 2 % on the busiest machines acceptable. At 10 % Falco raises its own drop alert (syscall_event_drops.threshold).',
  source: links.dropping,
};

const modulePreemptions: Need = { ...kernelCounter(preemptions), engines: ['kmod'] };

export const kernel: Signal[] = [
  {
    id: 'kernel-event-rate',
    title: 'Kernel events',
    dimension: 'data-quality',
    unit: 'eps',
    min: 0,
    summary: 'Events per second that the driver handled, including drops',
    description:
      "Events that passed the driver's filter: those that Falco received and those that were dropped. Syscalls that Falco does not monitor are not included. Falco 0.42 removed syscall entry events, which roughly halves this rate, so take care when comparing across that version.",
    expr: `sum by ($groupBy) (${rate(events)}$join)`,
    groupBy: perInstance,
    needs: [kernelCounter(events)],
    addsHostEvents: true,
    advice: [fewerSyscalls],
    link: links.metrics,
  },
  {
    id: 'kernel-event-rate-per-cpu',
    title: 'Kernel events per CPU',
    dimension: 'data-quality',
    unit: 'eps',
    min: 0,
    summary: 'Events per second that the driver handled, per CPU of the node',
    description:
      'The rate of kernel events divided by the CPUs that were online when Falco started, which makes nodes of different sizes comparable. Groups show all events divided by all CPUs; nodes without kernel counters are excluded from both. Falco 0.42 roughly halved the number of events, so the older thresholds are generous for newer versions. The Falco documentation expects no problems below 1000.',
    expr: `sum by ($groupBy) (${rate(events)}$join) / ${sumCpusWith(rate(events))}`,
    groupBy: perInstance,
    needs: [kernelCounter(events)],
    thresholds: {
      direction: 'above',
      warning: 1500,
      critical: 3000,
      because:
        'The Falco documentation, based on anecdotal experience: below 1500 events per second and CPU there should be no drops; above 3000 it becomes hard to keep up.',
      source: links.dropping,
    },
    advice: [fewerSyscalls, biggerBuffers],
    link: links.dropping,
  },
  {
    id: 'delivered-event-rate',
    title: 'Delivered events',
    dimension: 'data-quality',
    unit: 'eps',
    min: 0,
    summary: 'Events per second that reached the ring buffers: an upper bound of what the rules evaluate',
    description:
      'Events that the driver handled minus drops. Falco does not export how many events it processed, so this is an upper bound: it includes events that the kernel module skipped and unread events in the buffers of a stalled Falco (see stalled).',
    expr: `clamp_min(${sumByGroup(`${rate(events)} - ${rate(drops)}`)}, 0)`,
    groupBy: perInstance,
    needs: [kernelCounter(events), kernelCounter(drops)],
    addsHostEvents: true,
    advice: [],
    link: links.metrics,
  },
  {
    id: 'kernel-drop-ratio',
    title: 'Kernel drops',
    dimension: 'data-quality',
    unit: 'percentunit',
    min: 0,
    summary: 'Share of the events handled by the driver that never reached Falco',
    description:
      'Drops divided by the events that the driver handled. Those events include the drops, so the two are not added. A node without events has no value instead of 0 %, because seeing nothing is not the same as losing nothing. Groups show all drops divided by all events, which can hide one bad node, so group by node. What Falco dropped before its first scrape is not included, see early-drop-ratio. Events lost to re-entrance in the kernel module (n_preemptions) are in neither counter.',
    expr: `sum by ($groupBy) (${rate(drops)}$join) / (sum by ($groupBy) (${rate(events)}$join) > 0)`,
    groupBy: perInstance,
    needs: [kernelCounter(drops), kernelCounter(events)],
    thresholds: tooManyLost,
    advice: [biggerBuffers, fewerSyscalls, slimmerRules],
    link: links.dropping,
    noValueReason: 'No events within the window',
  },
  {
    id: 'early-drop-ratio',
    title: 'Kernel drops after start',
    dimension: 'data-quality',
    unit: 'percentunit',
    min: 0,
    summary: 'Share of the events dropped since the start, for processes younger than 15 minutes',
    description:
      'Same as kernel-drop-since-start-ratio, but only while the process is younger than 15 minutes. It includes drops before the first scrape, which no rate contains. Falco often drops many events when it starts under load. Groups show the drops of young processes divided by their events.',
    expr: divide(ofYoung(drops), ofYoung(events)),
    groupBy: perInstance,
    needs: [kernelCounter(drops), kernelCounter(events)],
    thresholds: tooManyLost,
    advice: [biggerBuffers, fewerSyscalls],
    link: links.dropping,
    noValueReason: 'It has run for 15 minutes or longer, or it has had no events since its start',
  },
  {
    id: 'kernel-drop-rate',
    title: 'Kernel drops by cause',
    dimension: 'data-quality',
    unit: 'eps',
    min: 0,
    summary: 'Events per second dropped in the kernel, by cause',
    description:
      'Drops caused by a full ring buffer are broken down by syscall class: open, close, connect, execve, clone_fork, proc (process exit), dir_file, other_interest. scratch_map: the event was larger than Falco can hold. page_faults: the memory of the process could not be read. bug: an invalid state in the legacy probe. uncategorised: drops in the total without a cause of their own, usually a full ring buffer for a syscall without a class. A cause that is not listed here, which a newer Falco may add, has its own name. Causes that the driver does not have are missing. Up to Falco 0.41, entry and exit of a syscall count separately.',
    expr: sumByCause(rate, `${newDrops} / $window`),
    groupBy: { default: ['$identity', 'cause'], allowed: anyGrouping },
    needs: [kernelCounter(drops), kernelCounter(bufferDrops)],
    addsHostEvents: true,
    advice: [
      biggerBuffers,
      fewerSyscalls,
      {
        when: 'The cause is scratch_map: single events are too large.',
        change: 'Lower falco_libs.snaplen to its default of 80 bytes if it was raised.',
        cost: 'Rules see less of the data that processes read and write.',
      },
      {
        when: 'The cause is page_faults with the kernel module.',
        change: 'Use engine.kind: modern_ebpf.',
        cost: 'Requires a kernel with BPF ring buffers and BTF, usually 5.8 or later.',
      },
    ],
    link: links.dropping,
  },
  {
    id: 'lost-events',
    title: 'Lost events',
    dimension: 'data-quality',
    unit: 'locale',
    decimals: 0,
    min: 0,
    summary: 'Events dropped in the kernel within the window, by cause',
    description:
      'The same causes as kernel-drop-rate, counted over the window instead of per second: the number of events missing between two points in time. Do not add up values of overlapping windows. The count is extrapolated to the ends of the window and may not be a whole number. A process that started within the window counts from its start, including drops before the first scrape.',
    expr: sumByCause(increaseSinceStart, newDrops),
    groupBy: { default: ['$identity', 'cause'], allowed: anyGrouping },
    needs: [kernelCounter(drops), kernelCounter(bufferDrops)],
    addsHostEvents: true,
    advice: [biggerBuffers, fewerSyscalls],
    link: links.dropping,
  },
  {
    id: 'kernel-drop-since-start-ratio',
    title: 'Kernel drops since start',
    dimension: 'data-quality',
    unit: 'percentunit',
    min: 0,
    summary: "Share of the events since Falco's start or last reload that never reached it",
    description:
      'The total of drops divided by the total of events. It needs only one scrape and includes drops before the first scrape, which no rate contains. After days it hardly changes: use kernel-drop-ratio for the current state. Groups show all drops divided by all events.',
    expr: divide(sumByGroup(`${drops}{$filter}`), sumByGroup(`${events}{$filter}`)),
    groupBy: perInstance,
    needs: [kernelCounter(drops), kernelCounter(events)],
    advice: [biggerBuffers, fewerSyscalls],
    link: links.dropping,
    noValueReason: 'No events since the start of Falco',
  },
  {
    id: 'minutes-with-drops-ratio',
    title: 'Minutes with drops',
    dimension: 'data-quality',
    unit: 'percentunit',
    min: 0,
    max: 1,
    summary: 'Share of the minutes within the window with drops: bursts or sustained',
    description:
      'Checks for each full minute of the window whether the drop counter increased. With drops, a value near 0 % means bursts, which larger buffers can absorb; near 100 % means sustained drops, which require fewer events. Use a window of at least ten minutes, because single minutes dominate a shorter one. The number of drops per minute does not matter: a few drops every minute count as sustained, so compare with kernel-drop-ratio. Groups show the maximum.',
    expr: `max by ($groupBy) (avg_over_time((${drops}{$filter} > bool ${drops}{$filter} offset 1m)[$window:1m])$join)`,
    groupBy: perInstance,
    needs: [kernelCounter(drops)],
    advice: [
      { ...biggerBuffers, when: 'The share is low while events are dropped: bursts.' },
      { ...fewerSyscalls, when: 'The share is high and kernel-drop-ratio is significant: sustained drops.' },
    ],
    link: links.dropping,
    noValueReason: 'It has been scraped for less than a minute',
  },
  {
    id: 'lost-process-events',
    title: 'Lost process events',
    dimension: 'data-quality',
    unit: 'locale',
    decimals: 0,
    min: 0,
    summary: 'Process start and exit events that were dropped within the window',
    description:
      'Drops of the classes clone_fork, execve and proc. They are worse than a lost open or close: Falco does not know the process, its command line, parents or container, and evaluates all its later events without them. Falco then looks up the process in /proc, which is expensive and too late for short-lived processes. The count is extrapolated to the ends of the window; a process that started within it counts from its start. A node without events has no value, because seeing nothing is not the same as losing nothing. Up to Falco 0.41, entry and exit of a syscall count separately.',
    expr: sumByGroup(`${processDrops} and on ($identity) ${events}{$filter} > 0`),
    groupBy: { default: ['$identity'], allowed: [...anyGrouping, 'drop'] },
    needs: [kernelCounter(bufferDrops), kernelCounter(events)],
    noValueReason: 'No events since the start of Falco',
    thresholds: {
      direction: 'above',
      warning: 1,
      because:
        'A single missed process start may be the one that matters. The Falco documentation gives no threshold; this one is ours.',
      source: links.dropping,
    },
    addsHostEvents: true,
    advice: [biggerBuffers, fewerSyscalls],
    link: links.dropping,
  },
  {
    id: 'preemption-rate',
    title: 'Preemptions',
    dimension: 'data-quality',
    unit: 'eps',
    min: 0,
    summary: 'Events per second that the kernel module lost because it was already handling an event on that CPU',
    description:
      'The kernel module loses events that occur on a CPU while it writes another event there. They are counted neither as events nor as drops. The modern probe has no such losses. A few are normal.',
    expr: sumByGroup(rate(preemptions)),
    groupBy: perInstance,
    needs: [modulePreemptions],
    addsHostEvents: true,
    advice: [
      {
        when: 'The rate is more than a few per second.',
        change: 'Use engine.kind: modern_ebpf.',
        cost: 'Requires a kernel with BPF ring buffers and BTF, usually 5.8 or later.',
      },
    ],
    link: links.metrics,
  },
];
