import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { evaluate } from '../promql';
import { catalogue } from '../signals';
import { SampleBuffer } from './SampleBuffer';
import { ExpositionReader } from './ExpositionReader';

/** A scrape of tests/corpora/dips.json, which the backend passes, too. Times are seconds; null is a failed scrape. */
interface Scrape {
  time: number;
  value: number | null;
  start?: number;
  reload?: number;
}
interface Case {
  name: string;
  scrapes: Scrape[];
  /** Time and value of each sample that is stored. */
  stored: Array<[number, number]>;
  /** Samples that queries see before they are settled. */
  provisional?: Array<[number, number]>;
}
const cases = JSON.parse(readFileSync('tests/corpora/dips.json', 'utf8')) as Case[];

const metric = 'falcosecurity_scap_n_evts_total';

/** A buffer with one target. */
function buffered() {
  const buffer = new SampleBuffer({ samplesPerSeries: 10_000, maxAgeMs: 1e9 }, catalogue.reading);
  const reader = new ExpositionReader('falco', catalogue.reading, { sampleLimit: 100, labelValueLengthLimit: 100 });
  const add = ({ time, value, start, reload }: Scrape) => {
    const times = { start, reload };
    const lines = Object.entries(times)
      .filter(([, at]) => at !== undefined)
      .map(([name, at]) => `falcosecurity_falco_${name}_timestamp_nanoseconds ${at}\n`);
    const body = `${lines.join('')}${metric} ${value}\nfalcosecurity_scap_n_threads_total ${time % 7}\n`;
    const exposition = value === null ? undefined : reader.read(body);
    buffer.append('id', { node: 'a' }, { time: time * 1000, exposition, duration: 0 });
  };
  const at = (time: number, expr: string) =>
    evaluate(expr, buffer, { start: time * 1000, isUneven: true }).series.map(({ values }) => values[0]);
  return { buffer, add, at };
}

function samples(buffer: SampleBuffer, name = metric): Array<[number, number]> {
  return buffer
    .select([])
    .filter(({ labels }) => labels.get('__name__') === name)
    .flatMap(({ times, values, stale, from, to }) =>
      Array.from(times.subarray(from, to), (time, i): [number, number] => [time / 1000, values[from + i]!]).filter(
        (_, i) => stale[from + i] === 0
      )
    );
}

describe('CounterCourse', () => {
  it.each(cases)('$name', ({ scrapes, stored, provisional = [] }) => {
    const { buffer, add } = buffered();
    const seen: Array<[number, number]> = [];
    for (const scrape of scrapes) {
      add(scrape);
      const last = samples(buffer).at(-1);
      const isSettled = stored.some(([time, value]) => time === last?.[0] && value === last[1]);
      const isProvisional = provisional.some(([time, value]) => time === last?.[0] && value === last[1]);
      if (last && last[0] === scrape.time && (isProvisional || !isSettled)) {
        seen.push(last);
      }
    }
    expect([samples(buffer), seen]).toEqual([stored, provisional]);
  });

  it('ignores gauges, whatever their suffix', () => {
    const { buffer, add } = buffered();
    [6, 13, 14, 20].forEach((time) => add({ time, value: time, start: 1 }));
    expect(samples(buffer, 'falcosecurity_scap_n_threads_total')).toEqual([
      [6, 6],
      [13, 6],
      [14, 0],
      [20, 6],
    ]);
  });

  it('does not start a series that becomes needed during a dip with the dip', () => {
    const { buffer, add } = buffered();
    buffer.setNeeded(() => false);
    add({ time: 0, value: 1000, start: 1 });
    add({ time: 1, value: 2000, start: 1 });
    add({ time: 2, value: 10, start: 1 });
    buffer.setNeeded((name) => name === metric);
    add({ time: 3, value: 4000, start: 1 });
    expect(samples(buffer)).toEqual([
      [2, 3000],
      [3, 4000],
    ]);
  });

  it('keeps rates within 5 % of the truth at every evaluation, and treats restarts as resets', () => {
    const rate = 10_000;
    const scrape = fc.record({
      what: fc.oneof(
        { weight: 12, arbitrary: fc.constant('rise') },
        { weight: 2, arbitrary: fc.constant('dip') },
        { weight: 1, arbitrary: fc.constant('restart') }
      ),
      share: fc.double({ min: 0, max: 0.95, noNaN: true }),
      late: fc.double({ min: 0, max: 0.3, noNaN: true }),
    });
    fc.assert(
      fc.property(fc.array(scrape, { minLength: 25, maxLength: 60 }), (scrapes) => {
        const { add, at } = buffered();
        let start = 0;
        let dips = 0;
        let lastTruth = 0;
        let restartedAt = -Infinity;
        scrapes.forEach(({ what, share, late }, i) => {
          const time = i + 1 + late;
          const isDip: boolean = what === 'dip' && dips < 3 && i > 1 && time - restartedAt > 2;
          dips = isDip ? dips + 1 : 0;
          if (what === 'restart') {
            start = restartedAt = time - 0.5;
          }
          const truth = rate * (time - start);
          add({ time, value: isDip ? lastTruth * share : truth, start: start + 1 });
          lastTruth = isDip ? lastTruth : truth;
          // Rates are only exact once the window no longer contains the restart.
          if (i > 12 && time - restartedAt > 12) {
            for (const after of [0, 0.4, 0.69]) {
              const [value] = at(time + after, `rate(${metric}[10s])`);
              expect(Math.abs(value! / rate - 1)).toBeLessThan(0.05);
            }
          } else if (i > 12) {
            const [value] = at(time, `rate(${metric}[10s])`);
            expect(value!).toBeLessThan(1.2 * rate);
          }
        });
      }),
      { numRuns: 100 }
    );
  });
});
