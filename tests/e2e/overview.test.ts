/**
 * The shipped dashboard Falco overview in a real browser: the preview draws it with the plugin's real backend, for a simulated fleet
 * whose true state is known.
 */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { type Browser, type Page } from 'playwright-core';
import { type NodeTruth } from '../../dev/fleet/truth';
import overview from '../../src/dashboards/overview.json';
import { root, setStage, type Stage, until } from './harness';
import { figure, launch, readTable, settled, type Table, tallPage } from './page';

const shots = join(root, 'test-results');

describe('Falco overview', () => {
  let stage: Stage;
  let browser: Browser;
  let page: Page;
  let table: Table;
  /** The part of the window that rates may miss, for the node with the latest scrapes. */
  let late = 0;
  /** The part of a rate by which slow responses may falsify it in either direction: the counters are read at any time until their end. */
  let slow = 0;
  const truth = new Map<string, NodeTruth[]>();
  const complaints: string[] = [];

  beforeAll(async () => {
    mkdirSync(shots, { recursive: true });
    // The shipped interval: in a window of a few seconds, a single event of a node with few drops would be 2 %.
    stage = await setStage('demo', undefined, '5s');
    browser = await launch();
    page = await tallPage(browser, complaints);

    // The first query starts scraping.
    const fleetTable = {
      refId: 'A',
      datasource: { type: 'falco-metrics-datasource', uid: 'falco-metrics' },
      queryType: 'signal',
      signals: ['up'],
      instant: true,
      intervalMs: 1000,
      maxDataPoints: 100,
    };
    const begun = await until('every node to answer', async () => {
      const now = Date.now();
      const result = (await stage.query([fleetTable], { from: String(now - 60_000), to: String(now) }))['A'];
      // The response waits some seconds for the first scrapes.
      return result?.frames?.length === 8 ? Date.now() : undefined;
    });
    const covered = begun + 50_000;
    await until('samples of 44 seconds', async () => (Date.now() > covered ? true : undefined));

    // A range in the past, for which all scrapes have arrived: its values do not change any more.
    const to = Date.now() - 6000;
    let window = 0;
    page.on('response', (response) => {
      const asked = response.request().postData() ?? '';
      if (response.url().includes('/api/ds/query') && asked.includes('"signals":["up","stalled",')) {
        void response.text().then(
          (text) => {
            window = Number(/n_drops_total\{[^}]*\}\[(\d+)s\]/.exec(text)?.[1] ?? 0);
          },
          () => undefined // The browser discards the body when another page is opened.
        );
      }
    });
    await page.goto(`${stage.url}/d/falco-overview?from=${to - 300_000}&to=${to}`);
    table = await until('the table of nodes', async () => {
      const found = await readTable(page, /load/i);
      return found && found.rows.size === 8 && window > 0 ? found : undefined;
    });
    // The window is cut to the samples that exist. The last node has samples since `begun`.
    expect(window).toBeLessThan(120);
    late = Math.max(0, (begun - to) / 1000 + window) / window;
    // Scrapes are late on a busy machine. A rate extrapolates by half an interval if more than 1.1 intervals are missing.
    const atEnd = async (expr: string) => {
      const range = { from: String(to - 1000), to: String(to) };
      const results = await stage.query([{ ...fleetTable, queryType: 'promql', expr }], range);
      return Number(results['A']?.frames?.[0]?.data.values.at(-1)?.[0]);
    };
    const oldest = await atEnd('max(time() - timestamp(falcosecurity_scap_n_evts_total))');
    late += oldest > 5.4 ? (oldest - 2.5) / window : 0;
    slow = (await atEnd(`max(max_over_time(scrape_duration_seconds[${window}s]))`)) / window;
    expect(slow).toBeGreaterThanOrEqual(0);
    // The last sample in the window is up to one interval old, so the truth is read for several ends of the window.
    for (const ago of [0, 1000, 2000, 3000, 4000, 5000]) {
      for (const node of (await stage.truth(to - ago - window * 1000, to - ago)).nodes) {
        truth.set(node.node, [...(truth.get(node.node) ?? []), node]);
      }
    }
  });

  afterAll(async () => {
    await browser?.close();
    await stage?.close();
  });

  it('draws every panel of the overview with values', async () => {
    const titles = overview.panels.filter(({ type }) => type !== 'row' && type !== 'text').map(({ title }) => title);
    const shown = await settled(page, titles);
    await page.screenshot({ path: join(shots, 'overview.png') });
    expect(shown).not.toMatch(/No data|Nothing is known/);
    // The plural "errors" is part of Falco's metrics.
    expect(shown).not.toMatch(/loading|\berror\b/i);
  });

  /** Expects the values of all nodes in the table to be within 2 % of the truth in the window. */
  function compare(title: RegExp, pick: (node: NodeTruth) => number, without: string[] = []) {
    const column = table.columns.findIndex((name) => title.test(name));
    const off = [...truth].flatMap(([node, states]) => {
      const text = table.rows.get(node)?.[column] ?? '';
      const values = states.map(pick);
      const close =
        figure(text) >= Math.min(...values) * (0.98 - late - slow) &&
        figure(text) <= Math.max(...values) * (1.02 + slow);
      return (without.includes(node) ? text === '' : close) ? [] : [{ node, text, values }];
    });
    expect(off).toEqual([]);
    expect(truth.size).toBe(8);
  }

  it('shows the drop ratio of each node within 2 % of the truth', () => {
    compare(/drops/i, ({ dropRatio }) => dropRatio);
    expect(truth.get('worker-2')?.[0]?.dropRatio).toBeGreaterThan(0.1);
  });

  it('shows the load of each node within 2 % of the truth, and no value if it is unknown', () => {
    // worker-3 uses the kernel module, and worker-7 has the statistics disabled.
    compare(/load/i, ({ syscallsPerSecondPerCpu }) => syscallsPerSecondPerCpu, ['worker-3', 'worker-7']);
  });

  it('says why values are missing', async () => {
    const notices = (
      await stage.query(
        [
          {
            refId: 'A',
            datasource: { type: 'falco-metrics-datasource', uid: 'falco-metrics' },
            queryType: 'signal',
            signals: ['server-load'],
            instant: true,
          },
        ],
        { from: String(Date.now() - 300_000), to: String(Date.now()) }
      )
    )['A']?.frames?.[0]?.schema.meta?.notices?.map(({ text }) => text);
    expect(notices?.join('\n')).toMatch(/worker-7.*metrics\.libbpf_stats_enabled/);
    expect(notices?.join('\n')).toMatch(/worker-3 \(kmod\)/);
  });

  it.each(['light', 'dark'])('writes nothing to the console (%s)', async (theme) => {
    await page.goto(`${stage.url}/d/falco-overview?theme=${theme}`);
    await until('the table of nodes', () => readTable(page, /load/i));
    await page.screenshot({ path: join(shots, `overview-${theme}.png`) });
    expect(complaints).toEqual([]);
  });
});
