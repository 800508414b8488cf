import { Labels } from '../promql';
import { Points } from './Points';

const labels = Labels.fromRecord({ node: 'a' });

function result(...points: Array<[number, number]>) {
  const times = Float64Array.from(points, ([time]) => time);
  return { series: [{ labels, times, values: Float64Array.from(points, ([, value]) => value) }] };
}

/** Points at these seconds, each with the second as its value. */
function filled(step: number, slack: number, seconds: number[]): Points {
  const points = new Points(step, slack);
  seconds.forEach((second) => points.add(second * 1000, result([second * 1000, second])));
  return points;
}

const values = (points: Points) => points.result().series.flatMap(({ values }) => values);

describe('Points', () => {
  it('keeps every point if ticks are one step apart', () => {
    expect(values(filled(1000, 500, [1, 2.01, 2.99, 4.02, 5]))).toEqual([1, 2.01, 2.99, 4.02, 5]);
  });

  it('replaces the newest point until it is one step after the one before', () => {
    expect(values(filled(5000, 500, [1, 2, 3, 4, 5, 6, 7, 8]))).toEqual([1, 6, 8]);
    expect(values(filled(5000, 500, [1, 2, 3, 4, 5, 6]))).toEqual([1, 6]);
  });

  it('continues after a range', () => {
    const points = new Points(5000, 500);
    points.insert([0, 5000, 10_000], result([0, 0], [10_000, 10]));
    points.add(11_000, result([11_000, 11]));
    points.add(12_000, result([12_000, 12]));
    expect([values(points), points.newest]).toEqual([[0, 10, 12], 12_000]);
  });

  it('inserts a range, but keeps existing points', () => {
    const points = filled(1000, 500, [1, 6, 7]);
    points.insert([4000, 5000, 6000], result([4000, 4], [5000, 5], [6000, 60]));
    points.insert([2000], { series: [{ ...result([2000, 2]).series[0]!, labels: Labels.fromRecord({ node: 'b' }) }] });
    points.trim(1000, 5);
    expect([values(points), points.newest]).toEqual([[4, 5, 6, 7, 2], 7000]);
  });

  it('drops old and excess points', () => {
    const points = filled(1000, 500, [1, 2, 3, 4, 5]);
    points.add(6000, { series: [{ ...result([6000, 6]).series[0]!, labels: Labels.fromRecord({ node: 'b' }) }] });
    points.trim(2000, 100);
    expect(values(points)).toEqual([2, 3, 4, 5, 6]);
    points.trim(2000, 2);
    expect(values(points)).toEqual([5, 6]);
    points.trim(6000, 2);
    expect(points.result().series.map(({ labels, values }) => `${labels} ${values}`)).toEqual(['{node="b"} 6']);
  });
});
