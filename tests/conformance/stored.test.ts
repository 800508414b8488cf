import { execFileSync, spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { catalogue } from '../../src/signals';
import { queriesOf, templates, valueIn } from './catalogue';
import { exchanged } from './engine';
import { firstScrape, watchFleet } from './fleet';

const onPath = (program: string) => spawnSync(program, ['-version']).error === undefined;

/** The output of tests/conformance/stored for one server. */
interface Verdict {
  version: string;
  /** Falcos, node_exporters and Falcosidekicks that the store executor found in it. */
  targets: number;
  queries: number;
  differences: Array<{ query: string; why: string }>;
}

/**
 * Times match neither the samples (8 s past a quarter of a minute) nor the steps of the catalogue's subqueries (15 and
 * 30 s), because Prometheus before 3.0 includes both ends of a window.
 */
const times = { start: firstScrape + 299_000, end: firstScrape + 899_000, step: 60_000 };

type Series = ReturnType<typeof exchanged>;

/** Settings: everything without a fallback has a value, and the baseline is what one node has. */
function gauges(all: Series) {
  return [
    ...catalogue.targetGauges.map(({ metric, fallback }) => ({ name: metric, value: fallback || 8e8 })),
    ...catalogue.baselines.flatMap(({ metric, label, actualMetric: of }) =>
      all
        .filter(({ labels }) => labels['__name__'] === of && labels['node'] === 'worker-1')
        .map(({ labels }) => ({ name: metric, labels: { [label]: labels[label] }, value: 1 }))
    ),
  ];
}

function ask(): { figures: number; prometheus?: Verdict; victoria?: Verdict } {
  const buffer = watchFleet({ interval: 15, scrapes: 60 });
  const all = exchanged(buffer);
  const set = gauges(all);
  const series = all.filter(({ labels }) => !set.some(({ name }) => name === labels['__name__']));
  const queries = templates.flatMap((signal) =>
    queriesOf(signal, (key) => (key === 'zone' ? 'none has it' : valueIn(buffer, key, signal))).map((one, i) => ({
      ...one,
      ...times,
      plain: i === 0,
    }))
  );
  const answer = execFileSync('go', ['run', './tests/conformance/stored'], {
    input: JSON.stringify({ series, gauges: set, queries }),
    encoding: 'utf8',
    maxBuffer: 2 ** 30,
    stdio: 'pipe', // what it says goes into the error, if there is one
  });
  return JSON.parse(answer);
}

/** Signals, advice and events with other values on VictoriaMetrics; docs/scaling-out.md explains why. */
const different = JSON.parse(readFileSync(join(__dirname, 'victoria.json'), 'utf8')) as string[];

/** Embedded and Prometheus mode: the same samples in the history and in a real server give the same results. */
describe('The store executor', () => {
  const answer = onPath('prometheus') || onPath('victoria-metrics') ? ask() : undefined;

  (onPath('prometheus') ? it : it.skip)('has the answers of the embedded one over Prometheus', () => {
    const { version, targets, queries, differences } = answer!.prometheus!;
    console.log(`${queries} queries, ${answer!.figures} figures, ${version}`);
    expect(differences).toEqual([]);
    expect(targets).toBe(17);
    expect(answer!.figures).toBeGreaterThan(100_000);
  });

  (onPath('victoria-metrics') ? it : it.skip)('has those of known signals only otherwise over VictoriaMetrics', () => {
    const { targets, differences } = answer!.victoria!;
    expect([...new Set(differences.map(({ query }) => query.split(' by ')[0]))].sort()).toEqual(different);
    expect(targets).toBe(17);
  });

  it('differs on VictoriaMetrics only where a window starts between two samples', () => {
    const windows = /(rate|increase|delta|resets|_over_time)\(/;
    expect(templates.filter(({ id }) => different.includes(id)).filter(({ expr }) => !windows.test(expr))).toEqual([]);
  });
});
