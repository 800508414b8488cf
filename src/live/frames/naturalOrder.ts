import { type Labels } from '../../promql';

/**
 * Compares texts as people order them: whole numbers in them by value, so that "CPU 2" comes before "CPU 10". A total order,
 * the same as in pkg/frames/natural.go.
 */
export function compareNatural(a: string, b: string): number {
  if (a === b) {
    return 0;
  }
  const [left, right] = [runs(a), runs(b)];
  const at = left.findIndex((run, i) => run !== right[i]);
  const [x, y] = [left[at], right[at]];
  if (x === undefined || y === undefined) {
    return left.length - right.length;
  }
  return (digits.test(x) && digits.test(y) && compareNumbers(x, y)) || (x < y ? -1 : 1);
}

const digits = /^[0-9]/;

/** The text in parts that are digits or have none. */
function runs(text: string): string[] {
  return text.match(/[0-9]+|[^0-9]+/g) ?? [];
}

/** Compares numbers of any length. */
function compareNumbers(x: string, y: string): number {
  const [m, n] = [x.replace(/^0+/, ''), y.replace(/^0+/, '')];
  return m.length - n.length || (m < n ? -1 : m > n ? 1 : 0);
}

/** The names of all labels, with those in `first` in front. */
export function namesOf(all: ReadonlyArray<{ labels: Labels }>, first: readonly string[]): string[] {
  const names = new Set(all.flatMap(({ labels }) => labels.entries().map(([name]) => name)));
  return leading(first, [...names].sort());
}

/** Values of labels that have an order of their own, such as priorities, the most severe first. */
export type Orders = Readonly<Record<string, readonly string[]>>;

/** Compares the values of the labels, in the order of their names. */
export function compareLabels(a: Labels, b: Labels, names: readonly string[], orders: Orders = {}): number {
  for (const name of names) {
    const [x, y] = [a.get(name), b.get(name)];
    const order = orders[name] ?? [];
    // Values that are not in the order come before it, like series without the label.
    const difference = order.indexOf(x) - order.indexOf(y) || compareNatural(x, y);
    if (difference !== 0) {
      return difference;
    }
  }
  return 0;
}

/** Moves the names in `first` to the front. */
export function leading(first: readonly string[], names: string[]): string[] {
  return [...first.filter((name) => names.includes(name)), ...names.filter((name) => !first.includes(name))];
}
