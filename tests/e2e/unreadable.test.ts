/**
 * Every kind of invalid response, read by the plugin and by a real Prometheus. The table in docs/scaling-out.md must list
 * what each of them keeps. UPDATE_DOCS=1 rewrites the table.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { BAD_ANSWERS } from '../../dev/fleet/scenarios';
import { type BadAnswer } from '../../dev/fleet/spec';
import { root, setStage, type Stage, until } from './harness';
import { Prometheus, prometheusVersion } from './prometheus';

const file = join(root, 'docs/scaling-out.md');
const TABLE = /(?<=<!-- bad responses -->\n\n)\|[^]*?(?=\n\n)/;

/** Descriptions of the responses, for the table. */
const descriptions: Record<BadAnswer | 'quotes', string> = {
  slow: 'arrives after the timeout',
  endless: 'never ends',
  oversized: '100 MB',
  'gzip-bomb': 'a gigabyte, compressed to a few kilobytes',
  'cut-off': 'cut off in the middle',
  reset: 'connection reset',
  redirect: 'redirect to a login page',
  html: 'an HTML page',
  'not-found': '404',
  'server-error': '500',
  unauthorized: '401',
  'content-type': 'content type other than text/plain',
  empty: 'empty',
  binary: 'binary data',
  'garbage-line': 'a garbage line',
  'no-value': 'a sample without a value',
  'run-together': 'two samples in one line',
  dots: 'dots in a metric name',
  duplicate: 'a duplicate series',
  'label-twice': 'a duplicate label in a series',
  'huge-label': 'a label value of 100,000 characters',
  'not-falco': 'metrics of another exporter',
  quotes: 'a rule name with quotes, which Falco does not escape',
};

interface Target {
  address: string;
  state: string;
  unreadable: number;
}

(prometheusVersion.startsWith('2.') ? describe : describe.skip)('Invalid responses', () => {
  let prometheus: Prometheus;
  let stage: Stage;
  let first = 0;

  beforeAll(async () => {
    stage = await setStage('bad-answers', undefined, '2s', async (fleetPort) => {
      prometheus = await Prometheus.scraping(fleetPort, '2s');
      first = fleetPort + 3; // after the control port, Falcosidekick and a healthy node
      return {};
    });
  });

  afterAll(async () => {
    await stage?.close();
    await prometheus?.close();
  });

  it('keep what docs/scaling-out.md says', async () => {
    const kinds = [...BAD_ANSWERS, 'quotes' as const];
    const rows = await until('all targets', async () => {
      const { data: targets } = (await (
        await fetch(`${stage.url}/api/datasources/uid/falco-metrics/resources/targets`)
      ).json()) as { data: Target[] };
      const up = await prometheus.instant('up{job="falco"}');
      const falcos = await prometheus.instant('count by (instance) ({__name__=~"falcosecurity_.+"})');
      const unasked = targets.some(({ state }) => state === 'pending');
      if (up.size < kinds.length + 1 || targets.length < kinds.length + 1 || unasked) {
        return undefined;
      }
      return kinds.map((kind, i) => {
        const instance = `127.0.0.1:${first + i}`;
        const target = targets.find(({ address }) => address.includes(instance));
        return `| ${descriptions[kind]} | ${kept(target)} | ${stored(up.get(instance), falcos.get(instance))} |`;
      });
    });
    const table = ['| response | scrape mode | Prometheus 2.42 |', '| --- | --- | --- |', ...rows].join('\n');
    const text = readFileSync(file, 'utf8');
    if (process.env['UPDATE_DOCS']) {
      writeFileSync(file, text.replace(TABLE, table));
    }
    const plain = (lines = '') =>
      lines
        .replace(/ +\| */g, '|')
        .replace(/\| +/g, '|')
        .replace(/-+/g, '-');
    expect(plain(TABLE.exec(readFileSync(file, 'utf8'))?.[0])).toBe(plain(table));
  });
});

function kept(target?: Target): string {
  if (target?.state !== 'up') {
    return 'nothing; down';
  }
  return target.unreadable > 0 ? 'all but that line' : 'all';
}

function stored(up?: number, series = 0): string {
  if (series > 0) {
    return 'all';
  }
  return up === 1 ? '**nothing, though `up` is 1**' : 'nothing; down';
}
