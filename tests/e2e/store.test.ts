/**
 * The shipped dashboards in Prometheus mode, with a real Prometheus that scrapes the simulated fleet. Only the settings of
 * the data source differ. Prometheus cannot read the response of one node.
 */
import { mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Browser, type Page } from 'playwright-core';
import { evaluate } from './grafana-alerting';
import { grafanaHome, root, setStage, type Stage, until } from './harness';
import { hints, launch, settled, tallPage, unexplained } from './page';
import { Prometheus, prometheusVersion } from './prometheus';

const shots = join(root, 'test-results');
const datasource = { type: 'falco-metrics-datasource', uid: 'falco-metrics' };

(prometheusVersion ? describe : describe.skip)('Prometheus mode', () => {
  let prometheus: Prometheus;
  let stage: Stage;
  let browser: Browser;
  let page: Page;
  const complaints: string[] = [];

  /** Sends one query for the last minute. */
  async function query(model: object) {
    const now = Date.now();
    const results = await stage.query([{ refId: 'A', datasource, instant: true, intervalMs: 1000, ...model }], {
      from: String(now - 60_000),
      to: String(now),
    });
    return results['A']!;
  }

  const nodes = async (signal: string) =>
    ((await query({ queryType: 'signal', signals: [signal] })).frames ?? []).flatMap(({ schema, data }) => {
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
    await until('rates of every readable node, and the list of targets', async () =>
      (await nodes('kernel-drop-ratio')).length === 7 && (await nodes('up')).length === 8 ? true : undefined
    );
  });

  afterAll(async () => {
    await browser?.close();
    await stage?.close();
    await prometheus?.close();
  });

  it('shows every node by the name that Prometheus uses', async () => {
    const drops = new Map(await nodes('kernel-drop-ratio'));
    const up = new Map(await nodes('up'));
    expect(up.size).toBe(8);
    expect([...up].filter(([node]) => !drops.has(node))).toEqual([[expect.stringMatching(/^127\.0\.0\.1:/), 0]]);
    expect(Math.max(...drops.values())).toBeGreaterThan(0.1);
  });

  it('uses the figures recorded by the shipped rules', async () => {
    const drops = { queryType: 'signal', signals: ['kernel-drop-ratio'], window: '5m' };
    const recorded = await until('a recorded figure', async () => {
      const { frames = [] } = await query(drops);
      return frames[0]?.schema.meta?.executedQueryString?.includes('instance:falco_kernel_drop_ratio:rate5m_v1')
        ? frames
        : undefined;
    });
    // Every value is a sample of the rule.
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
    const [first] = (await query({ ...drops, groupBy: ['version', '$identity'] })).frames ?? [];
    expect(first?.schema.meta?.executedQueryString).toContain('rate(falcosecurity_scap_n_drops_total[5m])');
  });

  it('is described by the health check', async () => {
    const response = await fetch(`${stage.url}/api/datasources/uid/falco-metrics/health`);
    const { message, details } = (await response.json()) as { message: string; details: { message: string } };
    expect(message).toMatch(/^Prometheus 2\S* has 8 Falcos \(job falco\) and 1 Falcosidekick \(job falcosidekick\)\./);
    expect(message).toContain('8 of 9 targets respond.');
    expect(details.message).toContain('The scrape fails.');
  });

  it.each(['overview', 'fleet', 'loss-report', 'security', 'node', 'resources'])(
    'draws %s without an unexplained empty panel',
    async (name) => {
      const { uid, panels } = JSON.parse(readFileSync(join(root, 'src/dashboards', `${name}.json`), 'utf8')) as {
        uid: string;
        panels: Array<{ type: string; title: string; description?: string }>;
      };
      // On a busy machine, panels may take longer than the refresh interval, and each refresh cancels their queries.
      await page.goto(`${stage.url}/d/${uid}?from=now-5m&to=now&refresh=1h`);
      const drawn = await settled(
        page,
        panels.filter(({ type }) => type !== 'row' && type !== 'text').map(({ title }) => title)
      );
      await page.screenshot({ path: join(shots, `store-${name}.png`) });
      expect(await unexplained(page, panels)).toEqual([]);
      expect(drawn).not.toMatch(/undefined|NaN|\[object/);
      expect(complaints).toEqual([]);
      // This Prometheus has no node_exporter.
      if (name === 'resources') {
        await page.getByTestId('data-testid dashboard-row-title-The node').click();
        const opened = await settled(page, ['CPU pressure']);
        if (grafanaHome) {
          const empty = page.getByTestId('data-testid Panel header CPU pressure');
          expect(await hints(page, empty)).toContain('no node_exporter is scraped for');
        } else {
          expect(opened).toContain('no node_exporter is scraped for');
          expect(opened).toContain('Install node_exporter on the node');
        }
      }
    }
  );

  it('evaluates the shipped alert rules unchanged', async () => {
    const { firing, seen } = await evaluate(stage, true);
    const unread = [...(await nodes('up'))].flatMap(([node, up]) => (up === 0 ? [node] : []));
    expect(unread).toHaveLength(1);
    expect(firing['falco-node-down']).toEqual(unread);
    expect(seen['falco-node-down']).toHaveLength(8);
    expect(firing['falco-kernel-drops-critical']).toHaveLength(1);
    expect(seen['falco-kernel-drops-critical']).toHaveLength(7);
    expect(firing['falco-version-drift']).toHaveLength(2);
  });

  it('explains when Prometheus stops during queries, and recovers automatically', async () => {
    const messages = [
      'The Prometheus server refused the connection: nothing listens at prometheus.url. Check the port, and that the server is running.',
      'The Prometheus server closed the connection before its response was complete. It was restarted, or a proxy in between gave up. Try again.',
    ];
    // Different expressions are evaluated one by one, so some of them are running when Prometheus stops.
    const running = Array.from({ length: 40 }, (_, i) =>
      query({ queryType: 'promql', expr: `count({job="falco"}) + ${i}` })
    );
    await Promise.race(running);
    await prometheus.kill();
    const results = await Promise.all(running);
    const failed = results.filter(({ error }) => error !== undefined);
    expect(failed).not.toEqual([]);
    expect(failed.filter(({ error = '', status }) => !messages.includes(error) || status !== 502)).toEqual([]);
    const { error, status } = await query({ queryType: 'signal', signals: ['kernel-drop-ratio'] });
    expect([status, error]).toEqual([502, messages[0]]);
    await prometheus.start();
    await until('values again', async () => ((await nodes('kernel-drop-ratio')).length === 7 ? true : undefined));
  });
});
