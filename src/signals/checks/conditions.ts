/**
 * Conditions that decide which advice comes first: templates with a sample for every node to which
 * they apply.
 */
import { lastTerminations } from '../continuity/lifecycle';
import { reasons } from '../data-quality/stall';
import { averageCpu, cpuLimit, cpuRatio, recentCpu } from '../resources/cpu';
import { cpus, rate } from '../templates';

const events = 'falcosecurity_scap_n_evts_total{$filter}';
const drops = 'falcosecurity_scap_n_drops_total{$filter}';

const node = (vector: string) => `max by ($groupBy) (${vector})`;

/**
 * Share of the last 30 minutes in which more than 0.1 % of the events were dropped. A minute with a
 * counter reset does not count.
 */
const lossy = `${drops} - ${drops} offset 1m > bool 0.001 * (${events} - ${events} offset 1m)`;
const lossyMinutes = `avg_over_time((${lossy} and ${events} >= ${events} offset 1m)[30m:1m])`;

const eventsPerCpu = `${rate('falcosecurity_scap_n_evts_total')} / ${cpus}`;
const hasDrops = `${rate('falcosecurity_scap_n_drops_total')} > 0`;

/** Falco is not stalled and drops events in less than half of the minutes. */
export const inBursts = `${node(`${lossyMinutes} > 0 < 0.5`)} unless ${stalledBecause('no look-ups')}`;
/** Falco is not stalled and drops events in at least half of the minutes. */
export const sustained = `${node(`${lossyMinutes} >= 0.5`)} unless ${stalledBecause('no look-ups')}`;
/**
 * Falco is not stalled, drops events, and has more events per CPU than its documentation considers
 * manageable.
 */
export const beyondFalco = `${node(`(${eventsPerCpu} > 3000) and ${hasDrops}`)} unless ${stalledBecause('no look-ups')}`;
/**
 * Falco is close to the limit of one CPU for its event loop. Requires a value for the current CPU
 * usage.
 */
export const nearOneCpu = node(`(${recentCpu}) > 0.8`);

const usage = `((${averageCpu}) or ${cpuRatio}{$filter})`;
/** Falco is close to its CPU limit, by its current usage or, if that is unknown, by its average since the start. */
export const atCpuLimit = node(`(${usage} / on ($identity) group_left () (${cpuLimit}{$filter} > 0)) > 0.8`);

/** Most drops have one cause that larger buffers do not fix. */
export function mainCause(cause: 'scratch_map' | 'page_faults'): string {
  const some = rate(`falcosecurity_scap_n_drops_${cause}_total`);
  return node(`${some} > 0.5 * ${rate('falcosecurity_scap_n_drops_total')}`);
}

/** Process exit events are among the drops, so exited threads stay in the table. */
export const losesProcessEnds = node(`rate(falcosecurity_scap_n_drops_buffer_total{drop="proc",$filter}[$window]) > 0`);

/** The worst CPU drops more than twice the average of the CPUs that have events. */
const busy = `(${rate('falcosecurity_scap_n_drops_cpu_total')} and ${rate('falcosecurity_scap_n_evts_cpu_total')} > 0)`;
export const skewed = node(`max without (cpu) (${busy}) > 2 * avg without (cpu) (${busy})`);

/** The outputs queue dropped alerts. */
export const queueFull = node(`increase(falcosecurity_falco_outputs_queue_num_drops_total{$filter}[$window]) > 0`);

/** Falcosidekick has far more goroutines than it needs for alerts that are delivered at once. */
export const backlog = node('go_goroutines{$filter} >= 1000');

/**
 * Kubernetes killed Falco because of its memory. Requires kube-state-metrics in prometheus mode.
 */
export const killedForMemory = node(lastTerminations('OOMKilled'));

/**
 * Falco stalled for one of the reasons. The window is two minutes, because a longer one would hide
 * that the stall has just begun.
 */
export function stalledBecause(reason: keyof typeof reasons): string {
  return node(`(${reasons[reason].replaceAll('$window', '2m')}) == 1`);
}
