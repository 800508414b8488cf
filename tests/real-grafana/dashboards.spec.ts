/** Every shipped dashboard, imported as a copy: the Grafana may have the original. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from '../e2e/harness';
import { settled, unexplained } from '../e2e/page';
import { expect, pluginId, test } from './fixtures';

interface Dashboard {
  title: string;
  panels: Array<{ type: string; title: string; description?: string }>;
}

const folder = join(root, 'src/dashboards');
const dashboards = readdirSync(folder).map((file) => JSON.parse(readFileSync(join(folder, file), 'utf8')) as Dashboard);

// A page that shows a complete dashboard.
test.use({ viewport: { width: 1280, height: 5000 } });

test('offers every shipped dashboard for import', async ({ stage }) => {
  const offered = (await (await stage.api.get(`/api/plugins/${pluginId}/dashboards`)).json()) as Dashboard[];
  expect(offered.map(({ title }) => title).sort()).toEqual(dashboards.map(({ title }) => title).sort());
});

for (const dashboard of dashboards) {
  test(`draws ${dashboard.title}`, async ({ gotoDashboardPage, page, stage }) => {
    const uid = await stage.createDashboard({ ...dashboard, uid: '', title: `${dashboard.title}, ${stage.name}` });
    // On a busy machine, panels may take longer than the refresh interval, and each refresh cancels their queries.
    const queryParams = new URLSearchParams({ 'var-ds': stage.uid, from: 'now-5m', to: 'now', refresh: '1h' });
    const dashboardPage = await gotoDashboardPage({ uid, queryParams });
    const titles = dashboard.panels.filter(({ type }) => type !== 'row' && type !== 'text').map(({ title }) => title);
    const drawn = await settled(page, titles);
    // A panel draws its notice after its data.
    await expect.poll(() => unexplained(page, dashboard.panels)).toEqual([]);
    expect(drawn).not.toMatch(/undefined|NaN|\[object/);
    await expect(dashboardPage).toHavePanelErrors(0);
  });
}
