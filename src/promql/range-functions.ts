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
}

/** Nothing where the samples do not suffice. `argument` is the function's scalar. */
export type RangeFunction = (window: Window, argument: number) => number | undefined;

export const rate: RangeFunction = (window) => extrapolated(window, true, true);
export const increase: RangeFunction = (window) => extrapolated(window, true, false);
export const delta: RangeFunction = (window) => extrapolated(window, false, false);

/**
 * What a value rose by within the window. Where the samples come close to an end of the window, the rise is taken to go
 * on to it, otherwise for half the time between samples; a counter is never taken to have been below zero.
 */
function extrapolated({ times, values, first, last, start, end }: Window, counter: boolean, perSecond: boolean) {
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
  if (before >= close) {
    before = between / 2;
  }
  if (counter && rise > 0 && values[first]! >= 0) {
    const sinceZero = sampled * (values[first]! / rise);
    before = sinceZero < before ? sinceZero : before;
  }
  if (after >= close) {
    after = between / 2;
  }
  const factor = (sampled + before + after) / sampled;
  return rise * (perSecond ? factor / ((end - start) / 1000) : factor);
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
