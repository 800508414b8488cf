/**
 * What the figures of a node say together: templates with a sample for every node where it is so. They
 * decide which piece of advice comes first.
 */
import { lastEnds } from '../continuity/lifecycle';
import { reasons } from '../data-quality/stall';
import { recentCpu } from '../resources/cpu';
import { cpus, rate } from '../templates';

const events = 'falcosecurity_scap_n_evts_total{$filter}';
const drops = 'falcosecurity_scap_n_drops_total{$filter}';

const node = (vector: string) => `max by ($groupBy) (${vector})`;

/** Share of the last 30 minutes that lost more than 0.1 % of their events each; a minute in which counters began again is none. */
const lossy = `${drops} - ${drops} offset 1m > bool 0.001 * (${events} - ${events} offset 1m)`;
const lossyMinutes = `avg_over_time((${lossy} and ${events} >= ${events} offset 1m)[30m:1m])`;

const eventsPerCpu = `${rate('falcosecurity_scap_n_evts_total')} / ${cpus}`;
const hasDrops = `${rate('falcosecurity_scap_n_drops_total')} > 0`;

/** Drops in less than half of the minutes, of a Falco that works. */
export const inBursts = `${node(`${lossyMinutes} > 0 < 0.5`)} unless ${stalledBy('no look-ups')}`;
/** Drops in half of the minutes or more, of a Falco that works. */
export const sustained = `${node(`${lossyMinutes} >= 0.5`)} unless ${stalledBy('no look-ups')}`;
/** More events for each CPU than the project holds Falco to keep up with, and drops, of a Falco that works. */
export const beyondFalco = `${node(`(${eventsPerCpu} > 3000) and ${hasDrops}`)} unless ${stalledBy('no look-ups')}`;
/** Near the one CPU that the event loop can use; only where the present CPU use is known. */
export const nearOneCpu = node(`(${recentCpu}) > 0.8`);

/** Most of the drops have one cause that no buffer helps against. */
export function mostly(cause: 'scratch_map' | 'page_faults'): string {
  const some = rate(`falcosecurity_scap_n_drops_${cause}_total`);
  return node(`${some} > 0.5 * ${rate('falcosecurity_scap_n_drops_total')}`);
}

/** The class that tells the end of a process makes part of the drops: dead threads stay in the table. */
export const losesProcessEnds = node(`rate(falcosecurity_scap_n_drops_buffer_total{drop="proc",$filter}[$window]) > 0`);

/** The worst CPU drops more than twice what its CPUs drop on average; CPUs on which nothing happens do not count. */
const busy = `(${rate('falcosecurity_scap_n_drops_cpu_total')} and ${rate('falcosecurity_scap_n_evts_cpu_total')} > 0)`;
export const skewed = node(`max without (cpu) (${busy}) > 2 * avg without (cpu) (${busy})`);

/** Alerts were lost in Falco's own queue. */
export const queueFull = node(`increase(falcosecurity_falco_outputs_queue_num_drops_total{$filter}[$window]) > 0`);

/** Kubernetes killed Falco for its memory; known over a store with the figures of kube-state-metrics only. */
export const killedForMemory = node(lastEnds('OOMKilled'));

/** Falco stalled, for one reason; looked for within two minutes, as a longer window would hide that it just began. */
export function stalledBy(reason: keyof typeof reasons): string {
  return node(`(${reasons[reason].replaceAll('$window', '2m')}) == 1`);
}
