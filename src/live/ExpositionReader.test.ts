import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type ParsedExposition, ExpositionReader } from './ExpositionReader';

const corpus = 'tests/corpora/exposition';
const options = JSON.parse(readFileSync(join(corpus, 'options.json'), 'utf8'));
const cases = readdirSync(corpus)
  .filter((name) => name.endsWith('.prom'))
  .map((name) => name.replace(/\.prom$/, ''));

function reader(limits = {}, name = ''): ExpositionReader {
  return new ExpositionReader(options.kinds[name] ?? 'falco', options.reading, { ...options.limits, ...limits });
}

/** An answer in the form of the corpus. */
function readable({ series, duplicates, unreadable, problems }: ParsedExposition) {
  const samples = series.map(({ name, labels, value }) => ({
    name,
    labels: Object.fromEntries(labels.entries().filter(([label]) => label !== '__name__')),
    value: Number.isFinite(value) ? value : Number.isNaN(value) ? 'NaN' : value > 0 ? '+Inf' : '-Inf',
  }));
  return { samples, duplicates, unreadable, problems };
}

describe('ExpositionReader', () => {
  it.each(cases)('reads %s as the backend does, from memory, too', (name) => {
    const body = readFileSync(join(corpus, `${name}.prom`), 'utf8');
    const expected = JSON.parse(readFileSync(join(corpus, `${name}.json`), 'utf8'));
    const one = reader({}, name);
    for (let time = 0; time < 3; time++) {
      expect(readable(one.read(body))).toEqual(expected);
    }
  });

  it('keeps series while their values change', () => {
    const one = reader();
    const first = one.read('# HELP a x\na{b="1"} 1\nc 2\n');
    const [a, c] = first.series;
    for (const value of [5, 0.25, 1e15, 12345678901234567, NaN]) {
      const { series, problems } = one.read(`# HELP a x\na{b="1"} ${value}\nc -2\n`);
      expect(series).toEqual([a, c]);
      expect([series[0] === a, a!.value, c!.value, problems]).toEqual([true, value, -2, []]);
    }
  });

  it('finds its way again where series come and go', () => {
    const one = reader();
    const bodies = [
      'a 1\nb 2\nc 3\nd 4\n',
      'a 1\nx 9\nb 2\nc 3\nd 4\n',
      'a 2\nd 5\n',
      'a 3\nd 6\n',
      '# x\nd 7\noh\na 1\n',
    ];
    expect(
      bodies.map((body) =>
        one
          .read(body)
          .series.map(({ name, value }) => name + value)
          .join(' ')
      )
    ).toEqual(['a1 b2 c3 d4', 'a1 x9 b2 c3 d4', 'a2 d5', 'a3 d6', 'd7 a1']);
  });

  it('counts lines the same when it compares', () => {
    const one = reader();
    const lines = [2, 1].map(() => one.read('# a\n\na 1\n# b\nb 2\noops\nc 3\n').problems.map(({ line }) => line));
    expect(lines).toEqual([[6], [6]]);
    expect(one.read('# a\n\na 1\n# b\nb 2\nc 3\noops').problems.map(({ line }) => line)).toEqual([7]);
  });

  it('takes no text for a known series whose value was set off by a tab', () => {
    const one = reader();
    one.read('a{b="} 2",c="x"}\t7\n');
    const { series, problems } = one.read('a{b="} 5\n');
    expect(series).toEqual([]);
    expect(problems).toEqual([{ line: 1, reason: 'the label set is not closed', text: 'a{b="} 5' }]);
  });

  it('refuses an answer with too many samples, and reads the next', () => {
    const one = reader({ sampleLimit: 2 });
    expect(() => one.read('a 1\nb 1\nc 1\n')).toThrow(
      new Error(
        'The response has more than 2 samples and was discarded. ' +
          "Check that the address serves Falco's metrics, or raise limits.sampleLimit."
      )
    );
    expect(one.read('a 1\nb 1\n').series).toHaveLength(2);
  });

  it('forgets series that have gone', () => {
    const one = reader({ sampleLimit: 10_000 });
    const many = (from: number) => Array.from({ length: 500 }, (_, i) => `a{i="${from + i}"} 1\n`).join('');
    for (let round = 0; round < 20; round++) {
      one.read(many(round * 500));
    }
    expect((one as unknown as { known: Map<string, unknown> }).known.size).toBeLessThanOrEqual(1500);
  });
});
