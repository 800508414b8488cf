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
  return `sum by ($groupBy) ((${cpus} and on ($identity) (${vector}))$join)`;
}

/** The highest value of a group: a figure judged per Falco must not hide one in an average. */
export function highest(vector: string): string {
  return `max by ($groupBy) (${vector}$join)`;
}

/** A counter's increase within the window. */
export function increase(metric: string): string {
  return `increase(${metric}{$filter}[$window])`;
}

interface Selection {
  /** Matchers of the template itself, e.g. `status="error"`. */
  matchers?: string;
  /** Without the query's filters: for series that are brought to a node by a join, which is what is filtered then. */
  unfiltered?: boolean;
}

/**
 * What a counter rose by within the window where it has no series before its first increment: a series
 * that is new counts with its whole value, given that its target was scraped when the window began.
 * `increase` alone would lose the first.
 */
export function counted(metric: string, { matchers, unfiltered = false }: Selection = {}): string {
  const braces = (own?: string) => [own, unfiltered ? undefined : '$filter'].filter(Boolean).join(',');
  const series = `${metric}{${braces(matchers)}}`;
  const wasUp = `up{${braces()}} offset $window == 1`;
  return `((${series} unless ${series} offset $window) and on ($identity) (${wasUp}) or increase(${series}[$window]))`;
}

/**
 * A counter's increase within the window, where a process that started within it, or in the minute before, counts from
 * its start: what happened before its first scrape `increase` cannot see.
 */
export function sinceStart(metric: string, matchers?: string): string {
  const series = `${metric}{${[matchers, '$filter'].filter(Boolean).join(',')}}`;
  const seconds = 'scalar(count_over_time(vector(1)[$window:15s])) * 15 + 60';
  const whole = `(${series} and on ($identity) falcosecurity_falco_duration_seconds_total{$filter} < ${seconds})`;
  const risen = `increase(${series}[$window])`;
  return `(${whole} > ${risen} or ${risen} or ${whole})`;
}

/** The series of one metric under two names, that of today and an older one. */
export function either(names: string[], use: (name: string) => string): string {
  return `(${names.map(use).join(' or ')})`;
}

/** Divides where the divisor is above 0; nothing handled is not nothing lost. */
export function share(part: string, whole: string): string {
  return `${part} / (${whole} > 0)`;
}

/** The sum of a group. */
export function total(vector: string): string {
  return `sum by ($groupBy) ((${vector})$join)`;
}
