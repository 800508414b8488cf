import { isInfinite, Sum } from './numeric';
import { type RangeFunction, type Window } from './rangeFunctions';

export const deriv: RangeFunction = (window) =>
  window.last <= window.first ? undefined : line(window, window.times[window.first]!).slope;

/** The value of the regression line `argument` seconds after the step. */
export const predictLinear: RangeFunction = (window, argument) => {
  if (window.last <= window.first) {
    return undefined;
  }
  const { slope, intercept } = line(window, window.now);
  return slope * argument + intercept;
};

/** The least-squares line; `intercept` is its value at the time `at`, in milliseconds. */
function line({ times, values, first, last }: Window, at: number): { slope: number; intercept: number } {
  const [sumX, sumY, sumXY, sumXX] = [new Sum(), new Sum(), new Sum(), new Sum()];
  const constant = values[first]!;
  let flat = true;
  for (let i = first; i <= last; i++) {
    const x = (times[i]! - at) / 1000;
    const y = values[i]!;
    flat &&= i === first || y === constant;
    sumX.add(x);
    sumY.add(y);
    sumXY.add(x * y);
    sumXX.add(x * x);
  }
  if (flat) {
    return isInfinite(constant) ? { slope: NaN, intercept: NaN } : { slope: 0, intercept: constant };
  }
  const count = last - first + 1;
  const [x, y] = [sumX.value + sumX.lost, sumY.value + sumY.lost];
  const covariance = sumXY.value + sumXY.lost - (x * y) / count;
  const variance = sumXX.value + sumXX.lost - (x * x) / count;
  const slope = covariance / variance;
  return { slope, intercept: y / count - (slope * x) / count };
}
