import { links } from '../links';
import { kernelCounter } from '../needs';
import { anyGrouping, cpusWith, named, rate, share, sinceStart, total } from '../templates';
import { type Need, type Signal } from '../types';
import { biggerBuffers, fewerSyscalls, slimmerRules } from './advice';

export const events = 'falcosecurity_scap_n_evts_total';
export const drops = 'falcosecurity_scap_n_drops_total';
export const bufferDrops = 'falcosecurity_scap_n_drops_buffer_total';
const preemptions = 'falcosecurity_scap_n_preemptions_total';
const otherDrops = { scratch_map: 'scratch_map', page_faults: 'page_faults', bug: 'bug' };

const perInstance = { default: ['$identity'], allowed: anyGrouping };

/** Every drop that has a cause of its own, as one vector; `count` is by second or over the window. */
function categorised(count: (metric: string) => string): string {
  const others = Object.entries(otherDrops).map(([cause, name]) =>
    named(count(`falcosecurity_scap_n_drops_${name}_total`), 'cause', cause)
  );
  return [`label_replace(${count(bufferDrops)}, "cause", "$1", "drop", "(.+)")`, ...others].join(' or ');
}

function byCause(count: (metric: string) => string): string {
  const causes = categorised(count);
  const rest = `clamp_min(${count(drops)} - sum without (drop, dir, cause) (${causes}), 0)`;
  return total(`${causes} or ${named(rest, 'cause', 'uncategorised')}`);
}

/** Starts and ends of processes, as far as the classes of drops tell them. */
const processDrops = sinceStart(bufferDrops, 'drop=~"clone_fork|execve|proc"');

/** Below this age, in seconds, a process is young. */
const young = `falcosecurity_falco_duration_seconds_total{$filter} < 900`;
const ofYoung = (metric: string) => total(`${metric}{$filter} and on ($identity) ${young}`);

/** Bounds for a share of events that is lost. */
const tooManyLost = {
  direction: 'above' as const,
  warning: 0.02,
  critical: 0.1,
  because:
    'The project holds 1 to 2 % on the busiest machines to be acceptable; at 10 % Falco itself raises its drop alert (syscall_event_drops.threshold).',
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
    summary: 'Events per second that the driver handled, drops included',
    description:
      'Events that the driver handled after its own filter: what Falco received and what was dropped on the way. System calls that Falco did not ask for are not among them. Falco 0.42 gave up the events at the entry of system calls, which about halves this figure: compare across that version with care.',
    expr: `sum by ($groupBy) (${rate(events)}$join)`,
    groupBy: perInstance,
    needs: [kernelCounter(events)],
    advice: [fewerSyscalls],
    link: links.metrics,
  },
  {
    id: 'kernel-event-rate-per-cpu',
    title: 'Kernel events per CPU',
    dimension: 'data-quality',
    unit: 'eps',
    min: 0,
    summary: 'Events per second that the driver handled, for each CPU of the node',
    description:
      'The rate of kernel events divided by the CPUs that were online when Falco started, which makes nodes of different sizes comparable. A group of nodes shows all its events divided by all its CPUs; nodes without kernel counters are left out of both. Falco 0.42 about halved the number of events, so that the bounds, which are older, are generous for it. Below 1000 the project sees usually no problem.',
    expr: `sum by ($groupBy) (${rate(events)}$join) / ${cpusWith(rate(events))}`,
    groupBy: perInstance,
    needs: [kernelCounter(events)],
    thresholds: {
      direction: 'above',
      warning: 1500,
      critical: 3000,
      because:
        'The project, on its own experience and with every caution: below 1500 events per second and CPU there should be no drops; above 3000 it becomes hard to keep up.',
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
    summary: 'Events per second that were left for Falco in the ring buffers: at most so many reached its rules',
    description:
      'Events that the driver handled less those it dropped. Falco does not export how many events it went through, so this is an upper bound: what the kernel module decided to skip is in it, and so is what lies unread in the buffers of a Falco that has stalled (see stalled).',
    expr: `clamp_min(${total(`${rate(events)} - ${rate(drops)}`)}, 0)`,
    groupBy: perInstance,
    needs: [kernelCounter(events), kernelCounter(drops)],
    advice: [],
    link: links.metrics,
  },
  {
    id: 'kernel-drop-ratio',
    title: 'Kernel drops',
    dimension: 'data-quality',
    unit: 'percentunit',
    min: 0,
    summary: 'Share of the events the driver handled that never reached Falco',
    description:
      'Drops divided by the events that the driver handled. Those events already hold the drops, so the two are not added. A node that handled no event at all has no figure instead of 0 %: nothing seen is not the same as nothing lost. A group of nodes shows its drops over its events, in which one bad node can hide: look at it by node. What a young Falco lost before its first scrape is not in here: see early-drop-ratio. Events lost to re-entrance in the kernel module (n_preemptions) stand in neither counter.',
    expr: `sum by ($groupBy) (${rate(drops)}$join) / (sum by ($groupBy) (${rate(events)}$join) > 0)`,
    groupBy: perInstance,
    needs: [kernelCounter(drops), kernelCounter(events)],
    thresholds: tooManyLost,
    advice: [biggerBuffers, fewerSyscalls, slimmerRules],
    link: links.dropping,
    noValueReason: 'No event happened within the window',
  },
  {
    id: 'early-drop-ratio',
    title: 'Kernel drops after start',
    dimension: 'data-quality',
    unit: 'percentunit',
    min: 0,
    summary: 'Share of the events lost since the start, of processes younger than 15 minutes',
    description:
      'As kernel-drop-since-start-ratio, and only as long as the process has run for less than 15 minutes: what it lost before its first scrape is in here and in no rate. Processes that start under load often lose much at first. A group of nodes shows the drops of its young ones over their events.',
    expr: share(ofYoung(drops), ofYoung(events)),
    groupBy: perInstance,
    needs: [kernelCounter(drops), kernelCounter(events)],
    thresholds: tooManyLost,
    advice: [biggerBuffers, fewerSyscalls],
    link: links.dropping,
    noValueReason: 'It has run for 15 minutes or longer, or no event has happened since the start',
  },
  {
    id: 'kernel-drop-rate',
    title: 'Kernel drops by cause',
    dimension: 'data-quality',
    unit: 'eps',
    min: 0,
    summary: 'Events per second lost in the kernel, by what was lost or why',
    description:
      'A full ring buffer is told by the class of system call that was lost: open, close, connect, execve, clone_fork, proc (end of a process), dir_file, other_interest. scratch_map: the event was larger than Falco can hold. page_faults: memory of the process could not be read. bug: an invalid state in the legacy probe. uncategorised: drops in the total that no cause accounts for, nearly always a full ring buffer at a system call of no class. Causes that a driver does not know are missing there, and their drops are nil. Up to Falco 0.41 the entry and the exit of a system call count as two.',
    expr: byCause(rate),
    groupBy: { default: ['$identity', 'cause'], allowed: anyGrouping },
    needs: [kernelCounter(drops), kernelCounter(bufferDrops)],
    advice: [
      biggerBuffers,
      fewerSyscalls,
      {
        when: 'The cause is scratch_map: single events are too large.',
        change: 'Lower falco_libs.snaplen (80 bytes by default) if it was raised.',
        cost: 'Less of what was read and written is seen by rules.',
      },
      {
        when: 'The cause is page_faults with the kernel module.',
        change: 'Use engine.kind: modern_ebpf.',
        cost: 'Needs a kernel with BPF ring buffers and BTF, usually 5.8 or later.',
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
    summary: 'Events lost in the kernel within the window, by what was lost or why',
    description:
      'The same causes as kernel-drop-rate, counted over the window instead of by second: how many events are missing from the time between two moments. Windows that overlap must not be added up. The count is spread to the ends of the window and may differ from a whole number. A process that started within the window counts from its start, what it lost before its first scrape included.',
    expr: byCause(sinceStart),
    groupBy: { default: ['$identity', 'cause'], allowed: anyGrouping },
    needs: [kernelCounter(drops), kernelCounter(bufferDrops)],
    advice: [biggerBuffers, fewerSyscalls],
    link: links.dropping,
  },
  {
    id: 'kernel-drop-since-start-ratio',
    title: 'Kernel drops since start',
    dimension: 'data-quality',
    unit: 'percentunit',
    min: 0,
    summary: 'Share of the events since Falco’s start or last reload that never reached it',
    description:
      'The counters as they stand, drops divided by events. It needs one scrape only, and so holds what a young Falco lost before it was first scraped, which no rate sees. After days it hardly moves: for the present look at the kernel drop ratio. A group of nodes shows its drops over its events.',
    expr: share(total(`${drops}{$filter}`), total(`${events}{$filter}`)),
    groupBy: perInstance,
    needs: [kernelCounter(drops), kernelCounter(events)],
    advice: [biggerBuffers, fewerSyscalls],
    link: links.dropping,
    noValueReason: 'No event has happened since the start',
  },
  {
    id: 'minutes-with-drops-ratio',
    title: 'Minutes with drops',
    dimension: 'data-quality',
    unit: 'percentunit',
    min: 0,
    max: 1,
    summary: 'Share of the minutes within the window in which events were lost: burst or sustained',
    description:
      'Each full minute of the window is looked at once: did the counter of drops rise in it? Near 0 % with drops in all, they came in bursts, for which larger buffers help; near 100 % they are sustained, and fewer events help. Choose a window of ten minutes or more: with a shorter one a single minute decides. How many were lost in a minute does not matter here, so that a trickle of single drops counts as sustained: hold it beside the drop ratio. A group of nodes shows its highest.',
    expr: `max by ($groupBy) (avg_over_time((${drops}{$filter} > bool ${drops}{$filter} offset 1m)[$window:1m])$join)`,
    groupBy: perInstance,
    needs: [kernelCounter(drops)],
    advice: [
      { ...biggerBuffers, when: 'The share is low while events are lost: bursts.' },
      { ...fewerSyscalls, when: 'The share is high and the drop ratio matters: sustained.' },
    ],
    link: links.dropping,
    noValueReason: 'It was scraped for less than a minute',
  },
  {
    id: 'lost-process-events',
    title: 'Lost process events',
    dimension: 'data-quality',
    unit: 'locale',
    decimals: 0,
    min: 0,
    summary: 'Starts and ends of processes that were lost within the window',
    description:
      'Drops of the classes clone_fork, execve and proc. They weigh more than a lost open or close: Falco then does not know the process, its command line, its parents or its container, and every later event of that process is judged without them. Falco looks the process up in /proc where it can, which is dear and too late for short ones. The count is spread to the ends of the window; a process that started within it counts from its start. A node that handled no event has no figure: nothing seen is not the same as nothing lost. Up to Falco 0.41 the entry and the exit of a system call count as two.',
    expr: total(`${processDrops} and on ($identity) ${events}{$filter} > 0`),
    groupBy: { default: ['$identity'], allowed: [...anyGrouping, 'drop'] },
    needs: [kernelCounter(bufferDrops), kernelCounter(events)],
    noValueReason: 'No event has happened since the start',
    thresholds: {
      direction: 'above',
      warning: 1,
      because:
        'One program that is not seen to start may be the one that mattered. The project names no bound: this is ours.',
      source: links.dropping,
    },
    advice: [biggerBuffers, fewerSyscalls],
    link: links.dropping,
  },
  {
    id: 'preemption-rate',
    title: 'Preemptions',
    dimension: 'data-quality',
    unit: 'eps',
    min: 0,
    summary: 'Events per second that the kernel module lost since it was at work on that CPU already',
    description:
      'With the kernel module an event that happens while another is being written on the same CPU is lost; it stands neither among the events nor among the drops. The modern probe has no such losses. A few are normal.',
    expr: total(rate(preemptions)),
    groupBy: perInstance,
    needs: [modulePreemptions],
    advice: [
      {
        when: 'It is more than a trickle.',
        change: 'Use engine.kind: modern_ebpf.',
        cost: 'Needs a kernel with BPF ring buffers and BTF, usually 5.8 or later.',
      },
    ],
    link: links.metrics,
  },
];
