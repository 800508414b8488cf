/** PromQL fragments that several templates share. They use the placeholders of the catalogue. */

/** Groupings that an info series adds to any signal of a running Falco. */
export const anyGrouping = ['version', 'engine', 'kernel'];

/** Whether the Falco of each node responds. Only targets of other kinds have a label `kind`. */
export const falcoUp = 'up{kind="",$filter}';

/** Number of CPUs that were online when Falco started. It is a gauge despite its name. */
export const cpus = 'falcosecurity_falco_host_num_cpus_total{$filter}';

/** Returns the per-second increase of a counter. */
export function rate(metric: string): string {
  return `rate(${metric}{$filter}[$window])`;
}

/** Adds the label `label` with a fixed value to every series of `vector`. */
export function withLabel(vector: string, label: string, value: string): string {
  return `label_replace(${vector}, "${label}", "${value}", "", "")`;
}

/**
 * Sums the CPUs of the nodes that have `vector`. Nodes without a value must not lower the value of
 * their group.
 */
export function sumCpusWith(vector: string): string {
  return `sum by ($groupBy) ((${cpus} and on ($identity) (${vector}))$join)`;
}

/** Takes the maximum of a group, because an average would hide a bad instance. */
export function maxByGroup(vector: string): string {
  return `max by ($groupBy) (${vector}$join)`;
}

/** Returns the increase of a counter within the window. */
export function increase(metric: string): string {
  return `increase(${metric}{$filter}[$window])`;
}

interface Selection {
  /** Matchers of the template, such as `status="error"`. */
  matchers?: string;
  /**
   * Omits the filters of the query, for series that a join assigns to a node. The other side of the
   * join is filtered. `target` omits them from the target of the series only.
   */
  unfiltered?: boolean | 'target';
}

/**
 * Returns the increase of a counter that has no series before its first increment. A new series
 * counts with its whole value, which `increase` alone would miss. A series is new if it is missing in
 * a scrape within the window, or at the scrape before it, while its target was up. With a history
 * shorter than the window, the scrapes at hand decide.
 */
export function increaseFromZero(metric: string, { matchers, unfiltered = false }: Selection = {}): string {
  const braces = (own?: string, omit = false) => [own, omit ? undefined : '$filter'].filter(Boolean).join(',');
  const series = `${metric}{${braces(matchers, unfiltered === true)}}`;
  const up = `up{${braces('kind!="node-exporter"', unfiltered !== false)}}`;
  const appeared = `(${series} unless ${series} offset $window)`;
  const afterFirstScrape = `count_over_time(${series}[$window]) < on ($identity) group_left () max by ($identity) (sum_over_time(${up}[$window]))`;
  return `(${appeared} and on ($identity) (${up} offset $window == 1) or ${appeared} and (${afterFirstScrape}) or increase(${series}[$window]))`;
}

/**
 * Returns the increase of a counter. If the process started within the window or up to a minute
 * before, the counter counts from its start, because `increase` cannot see what happened before the
 * first scrape.
 */
export function increaseSinceStart(metric: string, matchers?: string): string {
  const series = `${metric}{${[matchers, '$filter'].filter(Boolean).join(',')}}`;
  const seconds = 'scalar(count_over_time(vector(1)[$window:15s])) * 15 + 60';
  const whole = `(${series} and on ($identity) falcosecurity_falco_duration_seconds_total{$filter} < ${seconds})`;
  const risen = `increase(${series}[$window])`;
  return `(${whole} > ${risen} or ${risen} or ${whole})`;
}

/** Combines the series of a metric under its current and its older name. */
export function combineNames(names: string[], use: (name: string) => string): string {
  return `(${names.map(use).join(' or ')})`;
}

/** Divides only where the divisor is above 0: no value is not the same as 0 %. */
export function divide(part: string, whole: string): string {
  return `${part} / (${whole} > 0)`;
}

/** Sums a group. */
export function sumByGroup(vector: string): string {
  return `sum by ($groupBy) ((${vector})$join)`;
}
