import { links } from '../links';
import { kernelCounter, stateCounter } from '../needs';
import { runCountMetric } from '../programs';
import { anyGrouping, withLabel, rate } from '../templates';
import { type Signal } from '../types';

const events = 'falcosecurity_scap_n_evts_total';
const drops = 'falcosecurity_scap_n_drops_total';
const cached = 'falcosecurity_scap_n_cached_thread_lookups_total';
const noncached = 'falcosecurity_scap_n_noncached_thread_lookups_total';

// Falco looks up a thread for every event. With less than one event per second, a window may
// contain none.
const hostMemory = 'falcosecurity_falco_host_memory_used_bytes';

// Since 0.45.1 the event loop refreshes the metrics of the kernel, the process and the host. If it hangs they
// are frozen, while duration and rules are still served. The memory of a running host never stays the same.
const frozen = `((changes(${events}{$filter}[90s]) == bool 0) * on ($identity) group_left () (changes(${hostMemory}{$filter}[90s]) == bool 0) and count_over_time(${events}{$filter}[90s]) >= 3 and ${events}{$filter} offset 1m)`;

const lookUps = `(${rate(cached)} + ${rate(noncached)} == bool 0) and ${rate(events)} > 1`;
const nearlyAll = `(${rate(drops)} >= bool 0.95 * ${rate(events)}) and ${rate(events)} > 0`;
// If the kernel's BPF statistics prove that the node made syscalls, the window is long enough.
// Otherwise five minutes are required.
const noEvents = `((${rate(events)} == bool 0) and on ($identity) ${rate(runCountMetric('sys_exit'))} > 100 or ((rate(${events}{$filter}[5m]) == bool 0) and ${events}{$filter} offset 1m)) unless on ($identity) ${frozen} == 1`;

/**
 * For each reason: 1 for nodes to which it applies, 0 for nodes where it was checked and does not
 * apply.
 */
export const reasons = {
  'nearly all dropped': nearlyAll,
  'no look-ups': lookUps,
  'frozen metrics': frozen,
  'no events': noEvents,
};

/** Returns some of the reasons, each with its name in the label `reason`. */
export function combineReasons(which: Array<keyof typeof reasons>): string {
  return which.map((reason) => withLabel(`(${reasons[reason]})`, 'reason', reason)).join(' or ');
}

const stalled = combineReasons(['nearly all dropped', 'no look-ups', 'frozen metrics', 'no events']);

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
    summary: 'Whether a Falco that responds has stopped processing events: 1 means stalled or blind',
    description:
      "Falco's web server responds even if the event loop hangs. The value is 1 for one of these reasons. nearly all dropped: at least 95 % of the events are dropped. no look-ups: there is more than one event per second, but Falco, which looks up the thread of every event, looked up none; requires metrics.state_counters_enabled. frozen metrics: the metrics of kernel and host have not changed for 90 seconds although Falco responds, because the event loop that refreshes them hangs (Falco 0.45.1 and later); requires metrics.resource_utilization_enabled. no events: the kernel's BPF statistics show that the node makes syscalls, but none of them becomes an event; without the statistics, there was no event for five minutes (or since the first scrape, at least a minute). 0 means that none of the reasons that could be checked applies. The window is at most two minutes, because a longer one would hide that a stall has just begun: see blind-time for its duration. Groups show 1 if one of their nodes is stalled.",
    expr: `max by ($groupBy) ((${stalled})$join)`,
    groupBy: { default: ['$identity'], allowed: [...anyGrouping, 'reason'] },
    needs: [kernelCounter(events), kernelCounter(drops), stateCounter(cached)],
    thresholds: {
      direction: 'above',
      critical: 1,
      because: 'Nothing that happens on the node reaches a rule. The threshold of 95 % is ours.',
      source: links.dropping,
    },
    advice: [
      {
        when: 'The reason is no look-ups or frozen metrics.',
        change:
          'Look for an output that blocks (program_output, http_output, a full disk under file_output; see output_timeout) or a plugin that hangs. Then restart Falco.',
        cost: 'Falco does not monitor the node for some seconds.',
      },
      {
        when: 'The reason is nearly all dropped.',
        change:
          'Limit the monitored syscalls to processes with base_syscalls.custom_set: [clone, clone3, fork, vfork, execve, execveat, procexit] and base_syscalls.repair: true. If Falco still drops events, the load may exceed what it can handle.',
        cost: 'Rules on all other syscalls no longer match.',
      },
      {
        when: 'The reason is no events.',
        change: 'Restart Falco and check in its log that the driver was loaded. Check base_syscalls.custom_set.',
        cost: 'Falco does not monitor the node for some seconds.',
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
    unit: 'dtdhms',
    min: 0,
    summary: 'Time within the window in which Falco responded but was stalled or blind',
    description:
      'Checks each full minute of the window for any of the reasons of stalled in the two minutes before; every minute with a reason counts as 60 seconds. Time in which Falco was down is not included, see downtime. Groups show the sum.',
    expr: `sum by ($groupBy) (sum_over_time((${blindMinute})[$window:1m])$join) * 60`,
    groupBy: { default: ['$identity'], allowed: anyGrouping },
    needs: [kernelCounter(events), kernelCounter(drops)],
    advice: [],
    link: links.dropping,
    noValueReason: 'It has been scraped for less than a minute',
  },
];
