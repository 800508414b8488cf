/**
 * The shipped dashboards over a real Prometheus that scrapes the simulated fleet: nothing changes but the settings of the
 * data source. One of its nodes gives an answer that Prometheus cannot read.
 */
import { mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Browser, type Page } from 'playwright-core';
import { evaluate } from './grafana-alerting';
import { root, setStage, type Stage, until } from './harness';
import { launch, settled, tallPage, unexplained } from './page';
import { Prometheus, prometheusVersion } from './prometheus';

const shots = join(root, 'test-results');
const datasource = { type: 'falco-metrics-datasource', uid: 'falco-metrics' };

(prometheusVersion ? describe : describe.skip)('A store', () => {
  let prometheus: Prometheus;
  let stage: Stage;
  let browser: Browser;
  let page: Page;
  const complaints: string[] = [];

  /** One query over the last minute, and what came back. */
  async function ask(query: object) {
    const now = Date.now();
    const results = await stage.query([{ refId: 'A', datasource, instant: true, intervalMs: 1000, ...query }], {
      from: String(now - 60_000),
      to: String(now),
    });
    return results['A']!;
  }

  const nodes = async (signal: string) =>
    ((await ask({ queryType: 'signal', signals: [signal] })).frames ?? []).flatMap(({ schema, data }) => {
      const labels = schema.fields[0]?.labels;
      return labels?.['node'] ? [[labels['node'], Number(data.values[0]?.[0])] as const] : [];
    });

  beforeAll(async () => {
    mkdirSync(shots, { recursive: true });
    stage = await setStage('demo', undefined, '1s', async (fleetPort) => {
      prometheus = await Prometheus.scraping(fleetPort, '1s');
      return { mode: 'prometheus', prometheus: { url: prometheus.url } };
    });
    browser = await launch();
    page = await tallPage(browser, complaints);
    await until('rates of every node that can be read', async () =>
      (await nodes('kernel-drop-ratio')).length === 7 ? true : undefined
    );
  });

  afterAll(async () => {
    await browser?.close();
    await stage?.close();
    await prometheus?.close();
  });

  it('gives every node its figures, by the name that the store has for it', async () => {
    const drops = new Map(await nodes('kernel-drop-ratio'));
    const up = new Map(await nodes('up'));
    expect(up.size).toBe(8);
    expect([...up].filter(([node]) => !drops.has(node))).toEqual([[expect.stringMatching(/^127\.0\.0\.1:/), 0]]);
    expect(Math.max(...drops.values())).toBeGreaterThan(0.1);
  });

  it('takes what the shipped rules record, and has the same figures', async () => {
    const query = { queryType: 'signal', signals: ['kernel-drop-ratio'], window: '5m' };
    const recorded = await until('a recorded figure', async () => {
      const { frames = [] } = await ask(query);
      return frames[0]?.schema.meta?.executedQueryString?.includes('instance:falco_kernel_drop_ratio:rate5m_v1')
        ? frames
        : undefined;
    });
    // Every value stands in the samples of the rule: it was not worked out anew.
    const stored = (await (
      await fetch(`${prometheus.url}/api/v1/query?query=instance:falco_kernel_drop_ratio:rate5m_v1[1m]`)
    ).json()) as { data: { result: Array<{ metric: { instance: string }; values: Array<[number, string]> }> } };
    const known = new Map(
      stored.data.result.map(({ metric, values }) => [metric.instance, values.map(([, value]) => Number(value))])
    );
    expect(recorded).toHaveLength(7);
    recorded.forEach(({ schema, data }) =>
      expect(known.get(schema.fields[0]?.labels?.['node'] ?? '')).toContain(data.values[0]?.[0])
    );
    const [first] = (await ask({ ...query, by: ['version', '$identity'] })).frames ?? [];
    expect(first?.schema.meta?.executedQueryString).toContain('rate(falcosecurity_scap_n_drops_total[5m])');
  });

  it('is told by the health check, with what it holds and what is wrong', async () => {
    const answer = await fetch(`${stage.url}/api/datasources/uid/falco-metrics/health`);
    const { message } = (await answer.json()) as { message: string };
    expect(message).toMatch(
      /^Prometheus 2\S* holds 8 Falcos \(job falco\) and 1 Falcosidekick \(job falcosidekick\)\./
    );
    expect(message).toContain('8 of 9 targets answer.');
    expect(message).toContain('its answer could not be read as a whole');
  });

  it.each(['overview', 'fleet', 'loss-report', 'security', 'node'])(
    'draws %s with no empty panel that lacks its reason',
    async (name) => {
      const { uid, panels } = JSON.parse(readFileSync(join(root, 'src/dashboards', `${name}.json`), 'utf8')) as {
        uid: string;
        panels: Array<{ type: string; title: string }>;
      };
      await page.goto(`${stage.url}/d/${uid}?from=now-5m&to=now`);
      const drawn = await settled(
        page,
        panels.filter(({ type }) => type !== 'row' && type !== 'text').map(({ title }) => title)
      );
      await page.screenshot({ path: join(shots, `store-${name}.png`) });
      expect(await unexplained(page)).toEqual([]);
      expect(drawn).not.toMatch(/undefined|NaN|\[object/);
      expect(complaints).toEqual([]);
    }
  );

  it('evaluates every shipped alert rule as it is', async () => {
    const { firing, seen } = await evaluate(stage, true);
    const unread = [...(await nodes('up'))].flatMap(([node, up]) => (up === 0 ? [node] : []));
    expect(unread).toHaveLength(1);
    expect(firing['falco-node-down']).toEqual(unread);
    expect(seen['falco-node-down']).toHaveLength(8);
    expect(firing['falco-kernel-drops-critical']).toHaveLength(1);
    expect(seen['falco-kernel-drops-critical']).toHaveLength(7);
    expect(firing['falco-version-drift']).toHaveLength(2);
  });

  it('says in words when the store goes in the middle of queries, and recovers by itself', async () => {
    const words = [
      'The Prometheus server refused the connection: nothing listens at prometheus.url. Check the port, and that the server is running.',
      'The Prometheus server closed the connection before its response was complete. It was restarted, or a proxy in between gave up. Try again.',
    ];
    // Expressions that differ are worked out one by one: some of them are under way when the store ends.
    const under = Array.from({ length: 40 }, (_, i) =>
      ask({ queryType: 'promql', expr: `count({job="falco"}) + ${i}` })
    );
    await Promise.race(under);
    await prometheus.kill();
    const answers = await Promise.all(under);
    const failed = answers.filter(({ error }) => error !== undefined);
    expect(failed).not.toEqual([]);
    expect(failed.filter(({ error = '', status }) => !words.includes(error) || status !== 502)).toEqual([]);
    const { error, status } = await ask({ queryType: 'signal', signals: ['kernel-drop-ratio'] });
    expect([status, error]).toEqual([502, words[0]]);
    await prometheus.start();
    await until('figures again', async () => ((await nodes('kernel-drop-ratio')).length === 7 ? true : undefined));
  });
});
