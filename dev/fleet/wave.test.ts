/** @jest-environment node */
import fc from 'fast-check';
import { Wave } from './wave';

/** Simpson's rule with steps short against the shortest period. */
function integrate(f: (t: number) => number, from: number, to: number): number {
  const steps = 2 * Math.max(1, Math.ceil((to - from) / 2));
  const width = (to - from) / steps;
  let sum = 0;
  for (let i = 0; i <= steps; i++) {
    sum += f(from + i * width) * (i === 0 || i === steps ? 1 : i % 2 === 1 ? 4 : 2);
  }
  return (sum * width) / 3;
}

const waves = fc
  .tuple(fc.string(), fc.double({ min: 0, max: 0.95, noNaN: true }), fc.double({ min: 0, max: 6, noNaN: true }))
  .map(([seed, variation, day]) => ({ variation, wave: new Wave(seed, variation, day) }));
const times = fc.double({ min: -100_000, max: 100_000, noNaN: true });

describe('Wave', () => {
  test('stays within its variation', () => {
    fc.assert(fc.property(waves, times, ({ wave, variation }, t) => Math.abs(wave.value(t) - 1) <= variation + 1e-9));
  });

  test('area and squareArea are the integrals of value and its square', () => {
    fc.assert(
      fc.property(waves, times, fc.double({ min: 1, max: 2000, noNaN: true }), ({ wave }, from, length) => {
        const to = from + length;
        expect(wave.area(to) - wave.area(from)).toBeCloseTo(
          integrate((t) => wave.value(t), from, to),
          3
        );
        expect(wave.squareArea(to) - wave.squareArea(from)).toBeCloseTo(
          integrate((t) => wave.value(t) ** 2, from, to),
          3
        );
      }),
      { numRuns: 30 }
    );
  });

  test('the same seed makes the same wave, another one another', () => {
    expect(new Wave('a', 0.5).value(1234)).toBe(new Wave('a', 0.5).value(1234));
    expect(new Wave('a', 0.5).value(1234)).not.toBe(new Wave('b', 0.5).value(1234));
  });
});
