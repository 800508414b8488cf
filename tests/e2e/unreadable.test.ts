/**
 * Every kind of bad answer, read by the plugin itself and by a real Prometheus: docs/scaling-out.md tells in a table what
 * a store loses. With UPDATE_DOCS=1 in the environment the table is written anew.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { BAD_ANSWERS } from '../../dev/fleet/scenarios';
import { type BadAnswer } from '../../dev/fleet/spec';
import { root, setStage, type Stage, until } from './harness';
import { Prometheus, prometheusVersion } from './prometheus';

const file = join(root, 'docs/scaling-out.md');
const TABLE = /(?<=<!-- bad answers -->\n\n)\|[^]*?(?=\n\n)/;

/** The answers in words; the last is a rule with quotes in its name, which Falco does not escape. */
const words: Record<BadAnswer | 'quotes', string> = {
  slow: 'comes later than the time-out',
  endless: 'never ends',
  oversized: '100 MB',
  'gzip-bomb': 'a gigabyte in a few kilobytes of gzip',
  'cut-off': 'is cut off in the middle',
  reset: 'the connection is reset',
  redirect: 'redirects to a page to sign in',
  html: 'an HTML page',
  'not-found': '404',
  'server-error': '500',
  unauthorized: '401',
  'content-type': 'another content type than text/plain',
  empty: 'is empty',
  binary: 'binary data',
  'garbage-line': 'a line of garbage',
  'no-value': 'a sample without a value',
  'run-together': 'two samples in one line',
  dots: 'dots in the name of a metric',
  duplicate: 'a series twice',
  'label-twice': 'a label twice in one series',
  'huge-label': 'a label of 100 000 characters',
  'not-falco': 'metrics of something else',
  quotes: 'a rule’s name with quotes, as Falco writes it',
};

interface Target {
  address: string;
  state: string;
  unreadable: number;
}

(prometheusVersion.startsWith('2.') ? describe : describe.skip)('Bad answers', () => {
  let prometheus: Prometheus;
  let stage: Stage;
  let first = 0;

  beforeAll(async () => {
    stage = await setStage('bad-answers', undefined, '2s', async (fleetPort) => {
      prometheus = await Prometheus.scraping(fleetPort, '2s');
      first = fleetPort + 3; // control, Falcosidekick and a healthy node come before
      return {};
    });
  });

  afterAll(async () => {
    await stage?.close();
    await prometheus?.close();
  });

  it('lose in a store what docs/scaling-out.md says', async () => {
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
        return `| ${words[kind]} | ${kept(target)} | ${stored(up.get(instance), falcos.get(instance))} |`;
      });
    });
    const table = ['| an answer … | embedded | Prometheus 2.42 |', '| --- | --- | --- |', ...rows].join('\n');
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
