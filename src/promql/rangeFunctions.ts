/**
 * The samples of one series in a window, which excludes its start. `first` and `last` are the indexes of the first and last
 * sample in it.
 */
export interface Window {
  times: Float64Array;
  values: Float64Array;
  first: number;
  last: number;
  /** Start and end of the window after `offset` and `@`, and the time of the step, in milliseconds. */
  start: number;
  end: number;
  now: number;
  /** Range of the samples that may be used, excluding `to`. It exceeds the window when samples are uneven. */
  from: number;
  to: number;
  /** The last sample is the newest of a series that is not stale. */
  goesOn: boolean;
}

/** Returns undefined when there are too few samples. `argument` is the function's scalar argument. */
export type RangeFunction = (window: Window, argument: number) => number | undefined;

export const rate: RangeFunction = (window) => extrapolated(window, true, true);
export const increase: RangeFunction = (window) => extrapolated(window, true, false);
export const delta: RangeFunction = (window) => extrapolated(window, false, false);

/**
 * The increase within the window. Where the samples come close to an end of the window, the increase is extrapolated to it.
 * Otherwise it is interpolated to the next sample outside or, if there is none, extrapolated by half the average distance
 * between samples. A counter is never extrapolated below zero.
 */
function extrapolated(window: Window, counter: boolean, perSecond: boolean) {
  const { times, values, first, last, start, end } = window;
  if (last <= first) {
    return undefined;
  }
  let increased = values[last]! - values[first]!;
  if (counter) {
    for (let i = first + 1; i <= last; i++) {
      if (values[i]! < values[i - 1]!) {
        increased += values[i - 1]!;
      }
    }
  }
  const sampled = (times[last]! - times[first]!) / 1000;
  const between = sampled / (last - first);
  const close = between * 1.1;
  let before = (times[first]! - start) / 1000;
  let after = (end - times[last]!) / 1000;
  let beyond = 0;
  if (before >= close) {
    const slope = slopeAfter(window, first - 1, counter);
    beyond += before * (slope ?? 0);
    before = slope === undefined ? between / 2 : 0;
  }
  if (counter && increased > 0 && values[first]! >= 0) {
    const sinceZero = sampled * (values[first]! / increased);
    before = sinceZero < before ? sinceZero : before;
  }
  if (after >= close) {
    const slope = slopeAfter(window, last, counter);
    beyond += after * (slope ?? 0);
    // A late sample barely changes a rate. A sum is not extrapolated as far, because it must never fall again.
    const known = perSecond && window.goesOn ? after : between / 2;
    after = slope === undefined ? known : 0;
  }
  const whole = increased * ((sampled + before + after) / sampled) + beyond;
  return perSecond ? whole / ((end - start) / 1000) : whole;
}

/** The increase per second from one sample to the next; undefined when one does not exist or a counter was reset. */
function slopeAfter({ times, values, from, to }: Window, at: number, counter: boolean): number | undefined {
  if (at < from || at + 1 >= to || (counter && values[at + 1]! < values[at]!)) {
    return undefined;
  }
  return (1000 * (values[at + 1]! - values[at]!)) / (times[at + 1]! - times[at]!);
}

export const irate: RangeFunction = (window) => instant(window, true);
export const idelta: RangeFunction = (window) => instant(window, false);

function instant({ times, values, first, last }: Window, counter: boolean): number | undefined {
  if (last <= first) {
    return undefined;
  }
  const [before, now] = [values[last - 1]!, values[last]!];
  if (!counter) {
    return now - before;
  }
  return (now < before ? now : now - before) / ((times[last]! - times[last - 1]!) / 1000);
}

export const changes: RangeFunction = ({ values, first, last }) => {
  let count = 0;
  for (let i = first + 1; i <= last; i++) {
    const [before, now] = [values[i - 1]!, values[i]!];
    if (now !== before && !(Number.isNaN(now) && Number.isNaN(before))) {
      count++;
    }
  }
  return count;
};

export const resets: RangeFunction = ({ values, first, last }) => {
  let count = 0;
  for (let i = first + 1; i <= last; i++) {
    if (values[i]! < values[i - 1]!) {
      count++;
    }
  }
  return count;
};
