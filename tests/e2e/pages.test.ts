/**
 * Every shipped dashboard and every editor in a real browser, without a warning or an error in its console. The second lane
 * runs this test with Grafana 13 and React 19 on the same build of the plugin.
 */
import { mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Browser, type Page } from 'playwright-core';
import { version as grafanaVersion } from '@grafana/runtime/package.json';
import { version as reactVersion } from 'react';
import { violations } from './accessibility';
import { grafanaHome, root, setStage, type Stage, until } from './harness';
import { launch, settled, tallPage, unexplained } from './page';

const shots = join(root, 'test-results');

/** The state of Explore in its URL. The preview reads only the uid. */
const panes = encodeURIComponent(
  JSON.stringify({
    a: {
      datasource: 'falco-metrics',
      queries: [{ refId: 'A', datasource: { type: 'falco-metrics-datasource', uid: 'falco-metrics' } }],
      range: { from: 'now-15m', to: 'now' },
    },
  })
);

interface Dashboard {
  uid: string;
  panels: Array<{ type: string; title: string; description?: string }>;
}

describe(`With React ${reactVersion.split('.')[0]}`, () => {
  let stage: Stage;
  let browser: Browser;
  let page: Page;
  const complaints: string[] = [];

  beforeAll(async () => {
    mkdirSync(shots, { recursive: true });
    stage = await setStage('demo');
    browser = await launch();
    page = await tallPage(browser, complaints);
    await until('every node to respond', async () => {
      const query = { refId: 'A', datasource: { uid: 'falco-metrics' }, queryType: 'signal', signals: ['up'] };
      const range = { from: String(Date.now() - 60_000), to: String(Date.now()) };
      return (await stage.query([query], range))['A']?.frames?.length === 8 ? true : undefined;
    });
  });

  afterAll(async () => {
    await browser?.close();
    await stage?.close();
  });

  beforeEach(() => complaints.splice(0));

  it.each(readdirSync(join(root, 'src/dashboards')).map((file) => file.replace('.json', '')))(
    'draws %s without an unexplained empty panel',
    async (name) => {
      const text = readFileSync(join(root, 'src/dashboards', `${name}.json`), 'utf8');
      const { uid, panels } = JSON.parse(text) as Dashboard;
      // On a busy machine, panels may take longer than the refresh interval, and each refresh cancels their queries.
      await page.goto(`${stage.url}/d/${uid}?from=now-5m&to=now&refresh=1h`);
      const titles = panels.filter(({ type }) => type !== 'row' && type !== 'text').map(({ title }) => title);
      const drawn = await settled(page, titles);
      await page.screenshot({ path: join(shots, `${name}.png`) });
      expect(await unexplained(page, panels)).toEqual([]);
      expect(drawn).not.toMatch(/undefined|NaN|\[object/);
      expect(complaints).toEqual([]);
      if (reactVersion.startsWith('18.') && !grafanaHome) {
        // axe-core itself writes to the console, so it comes last. The exclusions are for what the preview draws with the libraries of Grafana 12.4.
        expect(await violations(page)).toEqual([]);
      }
    }
  );

  it('opens the query editor for every query type', async () => {
    await page.goto(`${stage.url}/explore?ds=falco-metrics&panes=${panes}`);
    for (const label of ['Signal', 'Health', 'Inventory', 'Rules', 'Events', 'Impact', 'PromQL']) {
      const type = page.getByRole('radio', { name: label, exact: true });
      await type.check({ force: true });
      await until(`the editor of ${label}`, async () => ((await type.isChecked()) ? true : undefined));
      await page.screenshot({ path: join(shots, `query-editor-${label}.png`) });
    }
    expect(complaints).toEqual([]);
  });

  it('opens the settings page with all its sections', async () => {
    await page.goto(`${stage.url}/connections/datasources/edit/falco-metrics`);
    await page.getByRole('heading', { name: 'Scraping' }).waitFor();
    const closed = page.getByRole('button', { name: /^Expand section/ });
    while ((await closed.count()) > 0) {
      await closed.first().click();
    }
    await page.screenshot({ path: join(shots, 'settings.png'), fullPage: true });
    expect(complaints).toEqual([]);
  });

  // Real Grafana has no page that shows these three.
  (grafanaHome ? it.skip : it)('opens the editors of alert rules, variables and annotations', async () => {
    const choose = async (label: string, option: string) => {
      await page.getByRole('combobox', { name: label }).click();
      await page.getByRole('option', { name: option }).click();
    };
    await page.goto(`${stage.url}/editors/alert`);
    await page.getByRole('radio', { name: 'PromQL' }).check({ force: true });
    await page.getByRole('code').waitFor();
    await page.goto(`${stage.url}/editors/variable`);
    await choose('Query type', 'Query result');
    await page.getByRole('code').waitFor();
    await page.goto(`${stage.url}/editors/annotation`);
    await choose('Show', 'Impact');
    await page.getByRole('button', { name: 'Add filter' }).waitFor();
    expect(complaints).toEqual([]);
  });

  (grafanaHome ? it.skip : it)(
    'tells the plugin and the page the version of Grafana whose packages draw the page',
    async () => {
      const told = (await (await fetch(`${stage.url}/api/health`)).json()) as { version: string };
      expect(told.version).toBe(grafanaVersion);
      expect(grafanaVersion.split('.')[0]).toBe(reactVersion.startsWith('18.') ? '12' : '13');
    }
  );
});
