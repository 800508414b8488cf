/**
 * Pieces that several templates share. Every piece is PromQL with the catalogue's placeholders.
 */

/** Labels that any signal of a running Falco can be grouped by, through the info series. */
export const anyGrouping = ['version', 'engine', 'kernel'];

/** The CPUs of the node that were online when Falco started; a gauge, whatever its name says. */
export const cpus = 'falcosecurity_falco_host_num_cpus_total{$filter}';

/** A counter's increase per second. */
export function rate(metric: string): string {
  return `rate(${metric}{$filter}[$window])`;
}

/** Gives every series of `vector` the label `label` with one fixed value. */
export function named(vector: string, label: string, value: string): string {
  return `label_replace(${vector}, "${label}", "${value}", "", "")`;
}

/**
 * CPUs of those nodes only that have `vector`: a node without the figure must not thin out the
 * figure of its group.
 */
export function cpusWith(vector: string): string {
  return `sum by ($by) ((${cpus} and on ($instance) (${vector}))$join)`;
}

/** The highest value of a group: a figure judged per Falco must not hide one in an average. */
export function highest(vector: string): string {
  return `max by ($by) (${vector}$join)`;
}
