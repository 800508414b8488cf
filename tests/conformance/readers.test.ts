/** @jest-environment node */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface, type Interface } from 'node:readline';
import fc from 'fast-check';
import { ExpositionReader } from '../../src/live';
import { catalogue } from '../../src/signals';

type Kind = 'falco' | 'falcosidekick';

const limits = { sampleLimit: 12, labelValueLengthLimit: 60 };

/** The result of a reader; values are float64 bits. */
interface Read {
  error?: string;
  samples: Array<{ name: string; labels: Record<string, string>; value: string }>;
  duplicates: number;
  unreadable: number;
  problems: Array<{ line: number; reason: string; text: string }>;
}

/** The backend's reader, in a separate process. */
class Backend {
  private readonly folder = mkdtempSync(join(tmpdir(), 'falco-reader-'));
  private readonly process: ChildProcess;
  private readonly lines: Interface;
  private readonly waiting: Array<(line: string) => void> = [];

  constructor() {
    const program = join(this.folder, 'reader');
    execFileSync('go', ['build', '-o', program, './tests/conformance/reader']);
    this.process = spawn(program, { stdio: ['pipe', 'pipe', 'inherit'] });
    this.lines = createInterface({ input: this.process.stdout! });
    this.lines.on('line', (line) => this.waiting.shift()?.(line));
  }

  async read(kind: Kind, body: Uint8Array, fresh: boolean): Promise<Read & { text: string }> {
    const { sampleLimit, labelValueLengthLimit } = limits;
    const question = {
      ...{ fresh, kind, sampleLimit, labelValueLengthLimit },
      ...(fresh && { reading: catalogue.reading }),
      body: Buffer.from(body).toString('base64'),
    };
    const answer = new Promise<string>((resolve) => this.waiting.push(resolve));
    this.process.stdin!.write(`${JSON.stringify(question)}\n`);
    return JSON.parse(await answer) as Read & { text: string };
  }

  close(): void {
    this.process.kill();
    rmSync(this.folder, { recursive: true, force: true });
  }
}

function bits(value: number): string {
  const view = new DataView(new ArrayBuffer(8));
  view.setFloat64(0, value);
  return Number.isNaN(value) ? 'NaN' : view.getBigUint64(0).toString(16);
}

function readHere(reader: ExpositionReader, text: string): Read {
  try {
    const { series, duplicates, unreadable, problems } = reader.read(text);
    const samples = series.map(({ name, labels, value }) => ({
      name,
      labels: Object.fromEntries(labels.entries().filter(([label]) => label !== '__name__')),
      value: bits(value),
    }));
    return { samples, duplicates, unreadable, problems };
  } catch (error) {
    return { error: (error as Error).message, samples: [], duplicates: 0, unreadable: 0, problems: [] };
  }
}

const corpus = 'tests/corpora/exposition';
const written = readdirSync(corpus)
  .filter((name) => name.endsWith('.prom'))
  .map((name) => readFileSync(join(corpus, name), 'latin1'));

const pick = (...texts: string[]) => fc.constantFrom(...texts);

/** Texts in which every character is a byte; not necessarily valid UTF-8. */
const odd = fc.string({
  unit: fc.oneof(
    pick('"', '\\', '{', '}', ',', '=', ' ', '\t', '#', '\r', '\0', '1', 'a', '_', ':', '.', '-', '+'),
    fc.integer({ min: 1, max: 255 }).map((byte) => String.fromCharCode(byte))
  ),
  maxLength: 12,
});
/** Mostly realistic text, occasionally arbitrary bytes. */
const mostly = (usual: fc.Arbitrary<string>) =>
  fc.oneof({ weight: 12, arbitrary: usual }, { weight: 1, arbitrary: odd });
const name = mostly(
  pick(
    'falcosecurity_scap_n_evts_total',
    'falcosecurity_falco_rules_matches_total',
    'falcosecurity_falcosidekick_falco_events_total',
    'falcosecurity_falcosidekick_outputs_total',
    'falcosecurity_falco_start_timestamp_nanoseconds',
    'falcosecurity_scap_syscalls_filtered_run_cnt_total',
    'a.b-c',
    'a'
  )
);
const number = mostly(
  fc.oneof(
    fc.double().map(String),
    fc.bigInt({ min: 0n, max: 2n ** 70n }).map(String),
    fc.integer().map(String),
    pick('NaN', '-nan', '+Inf', '-inf', 'Infinity', '1e309', '1.', '.5', '0x1p4', '1_000', '1e5', '12.340000', '')
  )
);
const value = mostly(
  fc.oneof(
    pick('', 'x', 'ok', 'error', 'Launch "x" shell', 'C:\\dir', 'end\\', 'a\\"b', 'a\\nb', 'x'.repeat(70), 'Ã¤â\x82¬'),
    pick('a",b="c', 'a"} 1', '} 2', 'two\nlines', 'two\nother_metric 3')
  )
);
const label = fc.tuple(mostly(pick('rule', 'priority', 'status', 'hostname', 'a', 'tag_x', 'k8s.pod', 'x:y')), value);
const set = fc
  .array(label, { maxLength: 4 })
  .map((labels) => (labels.length === 0 ? '' : `{${labels.map(([key, text]) => `${key}="${text}"`).join(',')}}`));
const blank = mostly(pick(' ', ' ', ' ', '  ', '\t'));
const after = mostly(pick('', '', '', '', ' 1700000000000', ' x', ' # {a="b"} 1', ' '));
const sample = fc.tuple(name, set, blank, number, after).map((parts) => parts.join(''));
const line = fc.oneof(
  { weight: 8, arbitrary: sample },
  {
    weight: 2,
    arbitrary: name.map((metric) => `# HELP ${metric} https://falco.org/docs/metrics/\n# TYPE ${metric} counter`),
  },
  { weight: 1, arbitrary: mostly(pick('', ' ', '#', '# EOF', 'ï»¿')) }
);
const end = pick('\n', '\n', '\n', '\r\n', '');

/** The lines of a first exposition. */
const lines = fc.oneof(
  { weight: 4, arbitrary: fc.array(line, { maxLength: 60, size: 'max' }) },
  { weight: 1, arbitrary: fc.constantFrom(...written).map((text) => text.split('\n')) }
);
/** A change from one exposition of a target to the next. */
const change = fc.record({ at: fc.nat(40), what: pick('value', 'drop', 'add', 'twice', 'swap', 'cut'), line, number });
type Change = typeof change extends fc.Arbitrary<infer One> ? One : never;

function changed(all: string[], { at, what, line: other, number: figure }: Change): string[] {
  const i = all.length === 0 ? 0 : at % all.length;
  const one = all[i] ?? '';
  switch (what) {
    case 'value':
      return all.map((text, k) => (k === i ? text.replace(/[^ ]*$/, figure) : text));
    case 'drop':
      return all.filter((_, k) => k !== i);
    case 'add':
      return [...all.slice(0, i), other, ...all.slice(i)];
    case 'twice':
      return [...all.slice(0, i), one, ...all.slice(i)];
    case 'swap':
      return [...all.slice(0, i), ...all.slice(i + 1), one];
    default:
      return [...all.slice(0, i), one.slice(0, one.length / 2)];
  }
}

/** The bodies of consecutive expositions of one target. */
const answers = fc
  .tuple(lines, fc.array(fc.array(change, { maxLength: 4 }), { maxLength: 3 }), end)
  .map(([first, changes, last]) => {
    const all = [first];
    for (const some of changes) {
      all.push(some.reduce(changed, all.at(-1)!));
    }
    return all.map((one) => Buffer.from(one.join('\n') + last, 'latin1'));
  });

describe('The two readers', () => {
  const backend = new Backend();
  afterAll(() => backend.close());

  it('read the same samples, and report the same lines, of whatever comes', async () => {
    let samples = 0;
    await fc.assert(
      fc.asyncProperty(pick('falco', 'falcosidekick'), answers, async (kind, bodies) => {
        const reader = new ExpositionReader(kind as Kind, catalogue.reading, limits);
        for (const [i, body] of bodies.entries()) {
          const { text, ...expected } = await backend.read(kind as Kind, body, i === 0);
          samples += expected.samples.length;
          expect(readHere(reader, text)).toEqual(expected);
        }
      }),
      { numRuns: 2000 }
    );
    expect(samples).toBeGreaterThan(10_000);
  }, 120_000);
});
