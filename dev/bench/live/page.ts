/**
 * `node --import tsx dev/bench/live/page.ts` measures how long live reading keeps a page in Chromium from responding, with
 * the largest responses that the default limits allow. Prints the CPU time of the longest task on the page's main thread
 * for each response in milliseconds, which does not depend on other programs.
 */
import { build } from 'esbuild';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { launch } from '../../../tests/e2e/page';

/** Reads a response of 16 MB twice, as new series and as known ones, and keeps all its series. */
const page = `
import { BackendClient } from './src/live/BackendClient';
import { ScrapePoller } from './src/live/ScrapePoller';
import { DEFAULTS } from './src/contract';
import { catalogue } from './src/signals';
import { of } from 'rxjs';

const size = 16 << 20;
const bodies = {
  samples: (round) => {
    const lines = [];
    const pad = 'x'.repeat(Math.floor(size / 20_000) - 60);
    for (let i = 0; i < 20_000; i++) lines.push('falcosecurity_metric_' + i % 500 + '{n="' + i + '",v="' + pad + '"} ' + (i + round) + '\\n');
    return lines.join('');
  },
  short: (round) => Array.from({ length: 20_000 }, (_, i) => 'm{n="' + i + '"} ' + (i + round) + '\\n').join(''),
  open: () => 'm{a="b\\n'.repeat(size / 8),
  comments: () => '# TYPE m counter\\n'.repeat(size / 17),
  garbage: () => 'no metric at all "}{,\\n'.repeat(size / 22),
};
globalThis.read = async (kind) => {
  let round = 0;
  const labels = { cluster: 'c', node: 'n' };
  const backend = new BackendClient(async (path) => ({
    data: path === 'targets'
      ? [{ id: 'a', kind: 'falco', labels, facts: {} }]
      : { now: 1e12 + 1000 * round, targets: [{ id: 'a', kind: 'falco', labels, gauges: [], seconds: 0.1, state: 'up', time: 1e12 + 1000 * round++, text: globalThis.text[round % 2] }] },
  }));
  globalThis.text = [0, 1].map(bodies[kind]);
  const { sampleLimit, labelValueLengthLimit, labelLimit } = DEFAULTS.limits;
  const poller = new ScrapePoller(backend, { intervalMs: 1, rules: catalogue.reading, limits: { sampleLimit, labelValueLengthLimit, labelLimit }, visible: of(true) });
  const coverage = { add() {}, retain() {}, clear() {} };
  await new Promise((resolve) => setTimeout(resolve, 200));
  performance.mark('begin');
  await new Promise((resolve, reject) => {
    let ticks = 0;
    const watching = poller.subscribe({ needsTarget: () => true, needsMetric: () => true, lookback: () => 60_000, coverage }).subscribe({
      next: ({ time }) => { if (time !== undefined && ++ticks === 3) { watching.unsubscribe(); resolve(); } },
      error: reject,
    });
  });
  performance.mark('end');
};
`;

interface TraceEvent {
  name: string;
  ph: string;
  tid: number;
  pid: number;
  ts: number;
  tdur?: number;
  args: { name?: string };
}

async function main() {
  const directory = mkdtempSync(path.join(tmpdir(), 'page-'));
  const bundle = await build({
    stdin: { contents: page, resolveDir: process.cwd(), loader: 'js' },
    bundle: true,
    write: false,
    format: 'iife',
    target: 'es2022',
    define: { 'process.env.NODE_ENV': '"production"' },
  });
  const browser = await launch();
  try {
    const longest: Record<string, number> = {};
    for (const kind of ['samples', 'short', 'open', 'comments', 'garbage']) {
      const tab = await browser.newPage();
      await tab.addScriptTag({ content: bundle.outputFiles[0]!.text });
      const trace = path.join(directory, `${kind}.json`);
      await browser.startTracing(tab, { path: trace, categories: ['toplevel', 'blink.user_timing', '__metadata'] });
      await tab.evaluate((name) => (globalThis as unknown as { read(kind: string): Promise<void> }).read(name), kind);
      await browser.stopTracing();
      longest[kind] = longestTask(JSON.parse(readFileSync(trace, 'utf8')).traceEvents);
      await tab.close();
    }
    console.log(JSON.stringify(longest));
  } finally {
    await browser.close();
    rmSync(directory, { recursive: true });
  }
}

/** CPU time in milliseconds of the longest task of the thread that set the marks, between them. */
function longestTask(events: TraceEvent[]): number {
  const [begin, end] = ['begin', 'end'].map((name) => events.find((event) => event.name === name)!);
  const tasks = events.filter(
    ({ tid, pid, ph, ts }) => tid === begin!.tid && pid === begin!.pid && ph === 'X' && ts >= begin!.ts && ts <= end!.ts
  );
  return Math.max(...tasks.map(({ tdur = 0 }) => tdur)) / 1000;
}

void main();
