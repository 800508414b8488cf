import { Mean, quantile, Sum } from './numeric';
import { type RangeFunction, type Window } from './rangeFunctions';

export const averageOverTime: RangeFunction = ({ values, first, last }) => {
  const mean = new Mean();
  for (let i = first; i <= last; i++) {
    mean.add(values[i]!);
  }
  return mean.value;
};

export const sumOverTime: RangeFunction = ({ values, first, last }) => {
  const sum = new Sum();
  for (let i = first; i <= last; i++) {
    sum.add(values[i]!);
  }
  return sum.total;
};

export const countOverTime: RangeFunction = ({ first, last }) => last - first + 1;
export const presentOverTime: RangeFunction = () => 1;
export const firstOverTime: RangeFunction = ({ values, first }) => values[first]!;
export const lastOverTime: RangeFunction = ({ values, last }) => values[last]!;

export const maxOverTime: RangeFunction = ({ values, first, last }) => {
  let highest = values[first]!;
  for (let i = first; i <= last; i++) {
    highest = values[i]! > highest || Number.isNaN(highest) ? values[i]! : highest;
  }
  return highest;
};

export const minOverTime: RangeFunction = ({ values, first, last }) => {
  let lowest = values[first]!;
  for (let i = first; i <= last; i++) {
    lowest = values[i]! < lowest || Number.isNaN(lowest) ? values[i]! : lowest;
  }
  return lowest;
};

export const quantileOverTime: RangeFunction = ({ values, first, last }, q) =>
  quantile(q, Array.from(values.subarray(first, last + 1)));

export const variance: RangeFunction = ({ values, first, last }: Window) => {
  const [mean, squares] = [new Sum(), new Sum()];
  for (let i = first; i <= last; i++) {
    const from = values[i]! - (mean.value + mean.lost);
    mean.add(from / (i - first + 1));
    squares.add(from * (values[i]! - (mean.value + mean.lost)));
  }
  return (squares.value + squares.lost) / (last - first + 1);
};

export const deviation: RangeFunction = (window, argument) => Math.sqrt(variance(window, argument)!);
