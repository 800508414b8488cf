/**
 * Functions over the samples of one series in a window. `first` and `last` are places in `times` and `values`, both
 * within the window, which is open to the left.
 */
export interface Window {
  times: Float64Array;
  values: Float64Array;
  first: number;
  last: number;
  /** Milliseconds. The window's ends, which an offset or a fixed time moves, and the step's own time. */
  start: number;
  end: number;
  now: number;
  /** Places of the samples that may be looked at, up to and not including `to`: more than those in the window where samples are uneven. */
  from: number;
  to: number;
  /** The last sample is the newest of a series that has not ended. */
  goesOn: boolean;
}

/** Nothing where the samples do not suffice. `argument` is the function's scalar. */
export type RangeFunction = (window: Window, argument: number) => number | undefined;

export const rate: RangeFunction = (window) => extrapolated(window, true, true);
export const increase: RangeFunction = (window) => extrapolated(window, true, false);
export const delta: RangeFunction = (window) => extrapolated(window, false, false);

/**
 * What a value rose by within the window. Where the samples come close to an end of the window, the rise is taken to go
 * on to it, otherwise along the line to the next sample beyond it, and for half the time between samples where there is
 * none; a counter is never taken to have been below zero.
 */
function extrapolated(window: Window, counter: boolean, perSecond: boolean) {
  const { times, values, first, last, start, end } = window;
  if (last <= first) {
    return undefined;
  }
  let rise = values[last]! - values[first]!;
  if (counter) {
    for (let i = first + 1; i <= last; i++) {
      if (values[i]! < values[i - 1]!) {
        rise += values[i - 1]!;
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
  if (counter && rise > 0 && values[first]! >= 0) {
    const sinceZero = sampled * (values[first]! / rise);
    before = sinceZero < before ? sinceZero : before;
  }
  if (after >= close) {
    const slope = slopeAfter(window, last, counter);
    beyond += after * (slope ?? 0);
    // What is on its way changes a rate less than a sum, which must not be taken back.
    const known = perSecond && window.goesOn ? after : between / 2;
    after = slope === undefined ? known : 0;
  }
  const whole = rise * ((sampled + before + after) / sampled) + beyond;
  return perSecond ? whole / ((end - start) / 1000) : whole;
}

/** What a value rises by per second from one sample to the next; nothing where one of them is none's, or a counter was reset. */
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
