import { links } from '../links';
import { kernelCounter, stateCounter } from '../needs';
import { runs } from '../programs';
import { anyGrouping, named, rate } from '../templates';
import { type Signal } from '../types';

const events = 'falcosecurity_scap_n_evts_total';
const drops = 'falcosecurity_scap_n_drops_total';
const cached = 'falcosecurity_scap_n_cached_thread_lookups_total';
const noncached = 'falcosecurity_scap_n_noncached_thread_lookups_total';

// Every event begins with a look-up of its thread. With less than one a second a window may hold none.
const lookUps = `(${rate(cached)} + ${rate(noncached)} == bool 0) and ${rate(events)} > 1`;
const nearlyAll = `(${rate(drops)} >= bool 0.95 * ${rate(events)}) and ${rate(events)} > 0`;
// The kernel's statistics prove within the window that there was something to see; without them five minutes do.
const noEvents = `(${rate(events)} == bool 0) and on ($identity) ${rate(runs('sys_exit'))} > 100 or ((rate(${events}{$filter}[5m]) == bool 0) and ${events}{$filter} offset 1m)`;

/** 1 for nodes where a reason to hold Falco for stalled was found, 0 where it was looked for in vain. */
export const reasons = {
  'nearly all dropped': nearlyAll,
  'no look-ups': lookUps,
  'no events': noEvents,
};

/** Some of the reasons, each with its name in the label `reason`. */
export function stalledFor(which: Array<keyof typeof reasons>): string {
  return which.map((reason) => named(`(${reasons[reason]})`, 'reason', reason)).join(' or ');
}

const stalled = stalledFor(['nearly all dropped', 'no look-ups', 'no events']);

const blindMinute = `max without (reason) (${stalled.replaceAll('$window', '2m')})`;

export const stall: Signal[] = [
  {
    id: 'stalled',
    maxWindow: '2m',
    title: 'Stalled',
    dimension: 'data-quality',
    unit: 'short',
    decimals: 0,
    min: 0,
    max: 1,
    summary: 'Whether a Falco that answers goes through events no longer: 1 it is stalled or blind',
    description:
      'Falco’s web server answers also when its event loop hangs. 1 for one of three reasons. nearly all dropped: 95 % of the events or more, so that hardly any gets through. no look-ups: more than one event a second happens, and Falco looked up no thread, with which it begins every event; needs metrics.state_counters_enabled. no events: the node makes system calls and not one becomes an event, as the kernel’s statistics of BPF programs tell; without them, not one event for five minutes (for as long as it is known, a minute at least). 0 says that none of the reasons that could be looked for was found. It looks back two minutes at most, whatever the window, as a longer one would hide that it just began: see blind-time for how long it lasted. A group of nodes shows 1 as soon as one of them is stalled.',
    expr: `max by ($groupBy) ((${stalled})$join)`,
    groupBy: { default: ['$identity'], allowed: [...anyGrouping, 'reason'] },
    needs: [kernelCounter(events), kernelCounter(drops), stateCounter(cached)],
    thresholds: {
      direction: 'above',
      critical: 1,
      because: 'Nothing that happens on the node reaches a rule. The bound of 95 % is ours.',
      source: links.dropping,
    },
    advice: [
      {
        when: 'The reason is no look-ups.',
        change:
          'Look for an output that blocks (program_output, http_output, a full disk under file_output; see output_timeout) or a plugin that hangs; then restart Falco.',
        cost: 'The node is unwatched for some seconds.',
      },
      {
        when: 'The reason is nearly all dropped.',
        change:
          'Cut the system calls to processes only with base_syscalls.custom_set: [clone, clone3, fork, vfork, execve, execveat, procexit] and base_syscalls.repair: true. If that drops as well, the machine may be beyond Falco.',
        cost: 'Rules on everything else no longer match.',
      },
      {
        when: 'The reason is no events.',
        change: 'Restart Falco and read in its log whether the driver was loaded; see base_syscalls.custom_set.',
        cost: 'The node is unwatched for some seconds.',
      },
    ],
    link: links.dropping,
    values: [
      { value: 0, text: 'no', level: 'ok' },
      { value: 1, text: 'stalled', level: 'critical' },
    ],
  },
  {
    id: 'blind-time',
    title: 'Blind time',
    dimension: 'data-quality',
    unit: 's',
    min: 0,
    summary: 'Time within the window in which Falco answered and yet was stalled or blind',
    description:
      'Each full minute of the window is looked at once, for any of the reasons of stalled within the two minutes before; each that has one counts as 60 seconds. Time in which Falco was down is not in here: see downtime. A group of nodes shows its sum.',
    expr: `sum by ($groupBy) (sum_over_time((${blindMinute})[$window:1m])$join) * 60`,
    groupBy: { default: ['$identity'], allowed: anyGrouping },
    needs: [kernelCounter(events), kernelCounter(drops)],
    advice: [],
    link: links.dropping,
    noValueReason: 'It has been scraped for less than a minute',
  },
];
