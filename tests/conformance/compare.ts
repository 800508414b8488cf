import { type Labels, type Result } from '../../src/promql';
import { type Evaluation } from './script';
import { type Point } from './series';

/** Prometheus's own tolerance in its tests. */
const epsilon = 1e-6;
const smallest = 2 ** -1022;

/** Throws an Error that describes how a result differs from the expected one. */
export function compare(expected: Evaluation, result: Result): void {
  if (result.type === 'string') {
    demand(result.text === expected.text, `expected the string ${expected.text}, found ${result.text}`);
    return;
  }
  if (result.type === 'scalar') {
    const found = result.series[0]!.values[0]!;
    demand(expected.scalar !== undefined, `expected no scalar, found ${found}`);
    demand(almost(expected.scalar!, found), `expected ${expected.scalar}, found ${found}`);
    return;
  }
  demand(expected.scalar === undefined, `expected the scalar ${expected.scalar}, found a ${result.type}`);
  const matrix = expected.range || expected.samples;
  const wanted = new Map(expected.series.map((one, i) => [one.labels.key, { ...one, place: i }]));
  result.series.forEach(({ labels, times, values }, place) => {
    const one = wanted.get(labels.key);
    demand(one !== undefined, `unexpected ${labels} with ${[...values].join(' ')}`);
    if (expected.expectations.some(({ kind }) => kind === 'ordered')) {
      demand(one!.place === place, `expected ${labels} in place ${one!.place}, found it in ${place}`);
    }
    const points = one!.points.map((point, i) => ({ time: expected.start + i * expected.step, point }));
    compareSeries(labels, matrix ? points : points.slice(0, 1), times, values, matrix);
    wanted.delete(labels.key);
  });
  demand(wanted.size === 0, `missing ${[...wanted.values()].map(({ labels }) => labels).join(' ')}`);
}

function compareSeries(
  labels: Labels,
  wanted: Array<{ time: number; point: Point }>,
  times: Float64Array,
  values: Float64Array,
  matrix: boolean
): void {
  const points = wanted.filter(({ point }) => point !== undefined);
  const found = `found ${[...values].join(' ')} at ${[...times].join(' ')}`;
  demand(points.length === values.length, `${labels}: expected ${points.length} values, ${found}`);
  points.forEach(({ time, point }, i) => {
    demand(typeof point === 'number' && almost(point, values[i]!), `${labels}: expected ${point}, ${found}`);
    demand(!matrix || time === times[i], `${labels}: expected a value at ${time}, ${found}`);
  });
}

function almost(a: number, b: number): boolean {
  if ((Number.isNaN(a) && Number.isNaN(b)) || a === b) {
    return true;
  }
  const [sum, difference] = [Math.abs(a) + Math.abs(b), Math.abs(a - b)];
  if (a === 0 || b === 0 || sum < smallest) {
    return difference < epsilon * smallest;
  }
  return difference / Math.min(sum, Number.MAX_VALUE) < epsilon;
}

function demand(holds: boolean, why: string): void {
  if (!holds) {
    throw new Error(why);
  }
}
