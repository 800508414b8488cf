import { random } from './random';

interface Term {
  amplitude: number;
  /** Radians per second. */
  speed: number;
  phase: number;
}

/** Periods in seconds, a day first, with their shares of the total variation. */
const PERIODS = [
  { seconds: 86_400, share: 0.45 },
  { seconds: 2_700, share: 0.3 },
  { seconds: 420, share: 0.15 },
  { seconds: 95, share: 0.07 },
  { seconds: 27, share: 0.03 },
];

/**
 * A load that varies around 1: sines with periods from a day to half a minute. Its integrals have a
 * closed form, so a counter is a function of time: any moment can be requested in any order at the
 * same cost.
 *
 * Time is in seconds and may be negative. `value` stays within 1 ± `variation`, which must be below
 * 1.
 */
export class Wave {
  private readonly terms: Term[];

  constructor(seed: string, variation: number, dayPhase = 0) {
    const next = random(seed);
    this.terms = PERIODS.map(({ seconds, share }, i) => {
      const period = i === 0 ? seconds : seconds * (0.8 + 0.4 * next());
      return {
        amplitude: variation * share,
        speed: (2 * Math.PI) / period,
        phase: i === 0 ? dayPhase : 2 * Math.PI * next(),
      };
    });
  }

  value(t: number): number {
    return this.terms.reduce((sum, { amplitude, speed, phase }) => sum + amplitude * Math.sin(speed * t + phase), 1);
  }

  /** ∫ value from 0 to t. */
  area(t: number): number {
    return this.terms.reduce(
      (sum, { amplitude, speed, phase }) => sum + (amplitude / speed) * (Math.cos(phase) - Math.cos(speed * t + phase)),
      t
    );
  }

  /** ∫ value² from 0 to t: for losses, which grow with the square of the load. */
  squareArea(t: number): number {
    let sum = 2 * this.area(t) - t;
    for (const [i, a] of this.terms.entries()) {
      sum +=
        (a.amplitude ** 2 / 2) * (t - (Math.sin(2 * (a.speed * t + a.phase)) - Math.sin(2 * a.phase)) / (2 * a.speed));
      for (const b of this.terms.slice(i + 1)) {
        const turn = (speed: number, phase: number) => (Math.sin(speed * t + phase) - Math.sin(phase)) / speed;
        sum +=
          a.amplitude *
          b.amplitude *
          (turn(a.speed - b.speed, a.phase - b.phase) - turn(a.speed + b.speed, a.phase + b.phase));
      }
    }
    return sum;
  }
}
