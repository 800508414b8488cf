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

/** An exposition in the format of the corpus. */
function readable({ series, duplicates, unreadable, problems }: ParsedExposition) {
  const samples = series.map(({ name, labels, value }) => ({
    name,
    labels: Object.fromEntries(labels.entries().filter(([label]) => label !== '__name__')),
    value: Number.isFinite(value) ? value : Number.isNaN(value) ? 'NaN' : value > 0 ? '+Inf' : '-Inf',
  }));
  return { samples, duplicates, unreadable, problems };
}

describe('ExpositionReader', () => {
  it.each(cases)('reads %s as the backend does, again and again', (name) => {
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

  it('follows series that come and go', () => {
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

  it('counts lines the same way when it compares with the layout', () => {
    const one = reader();
    const lines = [2, 1].map(() => one.read('# a\n\na 1\n# b\nb 2\noops\nc 3\n').problems.map(({ line }) => line));
    expect(lines).toEqual([[6], [6]]);
    expect(one.read('# a\n\na 1\n# b\nb 2\nc 3\noops').problems.map(({ line }) => line)).toEqual([7]);
  });

  it('does not confuse a line with a known series whose value followed a tab', () => {
    const one = reader();
    one.read('a{b="} 2",c="x"}\t7\n');
    const { series, problems } = one.read('a{b="} 5\n');
    expect(series).toEqual([]);
    expect(problems).toEqual([{ line: 1, reason: 'the label set is not closed', text: 'a{b="} 5' }]);
  });

  it('refuses an exposition with too many samples, and reads the next one', () => {
    const one = reader({ sampleLimit: 2 });
    expect(() => one.read('a 1\nb 1\nc 1\n')).toThrow(
      new Error(
        'The response has more than 2 samples and was discarded. ' +
          "Check that the address serves Falco's metrics, or raise limits.sampleLimit."
      )
    );
    expect(one.read('a 1\nb 1\n').series).toHaveLength(2);
  });

  it('forgets series that no longer exist', () => {
    const one = reader({ sampleLimit: 10_000 });
    const many = (from: number) => Array.from({ length: 500 }, (_, i) => `a{i="${from + i}"} 1\n`).join('');
    for (let round = 0; round < 20; round++) {
      one.read(many(round * 500));
    }
    expect((one as unknown as { known: Map<string, unknown> }).known.size).toBeLessThanOrEqual(1500);
  });

  it('remembers nothing of refused expositions', () => {
    const one = reader({ sampleLimit: 100 });
    for (let round = 0; round < 20; round++) {
      const body = Array.from({ length: 200 }, (_, i) => `a{i="${round}-${i}"} 1\n`).join('');
      expect(() => one.read(body)).toThrow('more than 100 samples');
    }
    expect([one['known'].size, one['registry'].size]).toEqual([0, 0]);
    expect(one.read('a 1\n').series).toHaveLength(1);
  });

  it('remembers a bounded number of spellings of one series', () => {
    const one = reader({ sampleLimit: 100 });
    one.read(Array.from({ length: 10_000 }, (_, i) => `a{${' '.repeat(i % 5000)}} ${i}\n`).join(''));
    expect(one['known'].size).toBeLessThanOrEqual(264);
  });

  it('remembers a bounded number of label sets that become one series', () => {
    const one = reader({ sampleLimit: 100 });
    const metric = 'falcosecurity_falcosidekick_falco_events_total';
    const body = Array.from({ length: 5000 }, (_, i) => `${metric}{rule="r",pod="${i}"} 1\n`).join('');
    expect(one.read(body).series.map(({ value }) => value)).toEqual([5000]);
    expect([one['known'].size, one['registry'].size]).toEqual([264, 264]);
  });

  it('refuses lines with more than 64 labels', () => {
    const line = (count: number) => `a{${Array.from({ length: count }, (_, i) => `l${i}="x"`).join(',')}} 1\n`;
    const { series, problems } = reader().read(line(64) + line(65));
    expect([series.length, problems.map(({ reason }) => reason)]).toEqual([
      1,
      ['65 labels; the limit is 64 (limits.labelLimit)'],
    ]);
  });

  it.each([
    ['short lines', 'a{b="\n'],
    ['quotes', `a{b="${'"'.repeat(2000)}\n`],
    ['commas', `a{b="${'",'.repeat(1000)}\n`],
    ['label sets', `a{${'b="c",'.repeat(300)}\n`],
    ['backslashes', `a{b="${'\\\\"'.repeat(1000)}\n`],
  ])('takes time in proportion to open label sets of %s', (_, line) => {
    const time = (length: number) => {
      const body = line.repeat(Math.ceil(length / line.length));
      const times = Array.from({ length: 3 }, () => {
        const start = process.cpuUsage(); // other programs on the machine do not count
        reader().read(body);
        return process.cpuUsage(start).user / 1000;
      });
      return Math.min(...times);
    };
    time(50_000);
    // Eight times the text: quadratic time would be 64 times as much.
    expect(time(400_000)).toBeLessThan(30 * time(50_000) + 20);
  });

  it('refuses lines of more than 256 KiB unread', () => {
    const most = 256 * 1024;
    const long = `a{b="${'"x'.repeat(most / 2)}"} 1`;
    const one = reader({ labelValueLengthLimit: 2 * most });
    const body = `a 1\n${long}\n# ${long}\nb{c="${'x'.repeat(most - 20)}"} 2\nc 3\nd{e="\n${long}\nf 4\n`;
    for (let round = 0; round < 3; round++) {
      const { series, problems } = one.read(body);
      expect(series.map(({ name }) => name)).toEqual(['a', 'b', 'c', 'f']);
      expect(problems.map(({ line, reason }) => [line, reason])).toEqual([
        [2, 'the line is longer than 256 KiB'],
        [6, 'the label set is not closed'],
        [7, 'the line is longer than 256 KiB'],
      ]);
    }
    expect(one.read(`a ${'0'.repeat(2 * most)}1\n`).problems).toHaveLength(1);
  });

  it('joins no more lines than a single one may be long', () => {
    const half = `${'x'.repeat(128 * 1024)}`;
    const { series, problems } = reader({ labelValueLengthLimit: 1e6 }).read(
      `a{b="${half}\n${half}"} 1\nc{d="x\n${half}"} 2\n`
    );
    expect([series.map(({ name }) => name), problems.map(({ reason }) => reason)]).toEqual([
      ['c'],
      ['the label set is not closed', 'not a sample: a name, labels in braces and a number were expected'],
    ]);
  });

  it.each(['",c="', 'b="c",', '\\"', '",', '"x'])('reads lines full of %s in steps that take milliseconds', (text) => {
    const line = `a{b="${text.repeat(Math.floor((256 * 1024 - 5) / text.length))}\n`;
    const reading = reader().readInSteps(line.repeat(10));
    const times: number[] = [];
    for (let isDone = false; !isDone;) {
      const start = process.cpuUsage(); // other programs on the machine do not count
      isDone = reading.next().done!;
      times.push(process.cpuUsage(start).user / 1000);
    }
    times.sort((a, b) => a - b);
    expect(times[Math.floor(times.length / 2)]).toBeLessThan(50);
  });

  it('reads in steps that take milliseconds', () => {
    const one = reader({ sampleLimit: 100_000 });
    const body = Array.from({ length: 20_000 }, (_, i) => `a{i="${i}"} 1\n`).join('');
    let steps = 1;
    const reading = one.readInSteps(body);
    let step = reading.next();
    for (; !step.done; step = reading.next()) {
      steps++;
    }
    expect([step.value.series.length, steps]).toEqual([20_000, Math.ceil(body.length / 8192)]);
  });

  it('forgets an exposition whose reading was cancelled', () => {
    const one = reader();
    const reading = one.readInSteps(Array.from({ length: 900 }, (_, i) => `a{label="${i}"}      1\n`).join(''));
    reading.next();
    reading.return(undefined!);
    expect(one['known'].size).toBe(0);
    expect(one.read('a 1\n').series).toHaveLength(1);
  });
});
