/** The editors of queries, variables and annotations, where Grafana shows them. */
import { expect, pluginId, type Stage, test } from './fixtures';

/** A dashboard with a table, a variable and an annotation query, each as Grafana saves a new one. */
function createDashboard({ uid, name, createDashboard }: Stage): Promise<string> {
  const datasource = { type: pluginId, uid };
  return createDashboard({
    title: `Editors, ${name}`,
    schemaVersion: 42,
    time: { from: 'now-5m', to: 'now' },
    panels: [{ id: 1, type: 'table', title: 'Table', datasource, gridPos: { x: 0, y: 0, w: 24, h: 10 }, targets: [] }],
    templating: {
      list: [{ type: 'query', name: 'choice', datasource, query: { refId: 'choice', queryType: 'label' } }],
    },
    annotations: { list: [{ name: 'Falco', enable: true, iconColor: 'red', datasource, target: { refId: 'Anno' } }] },
  });
}

/** A value in the table of each query type. The new panel has the type Signal, so another one is first. */
const types = [
  { label: 'Health', queryType: 'health', value: 'Kernel drops' },
  { label: 'Inventory', queryType: 'inventory', value: 'kmod' },
  { label: 'Rules', queryType: 'rules', value: 'Terminal shell in container' },
  { label: 'Events', queryType: 'events', value: 'The configuration files of worker-1 changed.' },
  { label: 'Impact', queryType: 'impact', groupBy: /^Change(?! and)/, value: 'Changed: 1 node (worker-1).' },
  { label: 'Signal', queryType: 'signal', value: '0%' },
  { label: 'PromQL', queryType: 'promql', value: '0%' },
];

test('shows the values of every query type in a panel', async ({ gotoPanelEditPage, page, stage }) => {
  // A change of Falco, which is an event and has an impact.
  stage.fleet.simulation.nodes[0]!.spec.configFile = 'bounded-queue';
  const dashboard = { uid: await createDashboard(stage) };
  const editor = await gotoPanelEditPage({ dashboard, id: '1' });
  const row = editor.getQueryEditorRow('A');
  for (const { label, queryType, groupBy, value } of types) {
    await test.step(label, async () => {
      const response = page.waitForResponse((response) =>
        Boolean(response.request().postData()?.includes(`"queryType":"${queryType}"`))
      );
      await row.getByRole('radio', { name: label, exact: true }).click();
      await expect(response).toBeOK();
      if (groupBy) {
        await row.getByRole('combobox', { name: 'Group by' }).click();
        await page.getByRole('option', { name: groupBy }).click();
      }
      await expect(editor.panel.data.filter({ hasText: value }).first()).toBeVisible();
    });
  }
});

test('draws the query of a new pane in Explore', async ({ explorePage, stage }) => {
  await explorePage.datasource.set(stage.name);
  await expect(explorePage.getQueryEditorRow('A').getByRole('radio', { name: 'Signal' })).toBeChecked();
  await expect(explorePage.timeSeriesPanel.locator.getByText('worker-2')).toBeVisible();
  await expect(explorePage.tablePanel.locator.getByText('worker-2')).toBeVisible();
});

test('previews the values of a variable', async ({ gotoVariableEditPage, page, stage }) => {
  const dashboard = { uid: await createDashboard(stage) };
  const editor = await gotoVariableEditPage({ dashboard, id: '0' });
  const label = page.getByRole('combobox', { name: 'Label', exact: true });
  await label.fill('version');
  await label.press('Enter');
  await editor.runQuery();
  await expect(editor).toDisplayPreviews(['0.39.2', '0.41.3', '0.44.1']);
});

test('tests an annotation query', async ({ gotoAnnotationEditPage, page, stage }) => {
  const dashboard = { uid: await createDashboard(stage) };
  // Grafana puts its own annotations first.
  const editor = await gotoAnnotationEditPage({ dashboard, id: '1' });
  await expect(page.getByRole('combobox', { name: 'Show' })).toHaveValue('Events');
  await expect(editor.runQuery()).toBeOK();
  await expect(editor).toHaveAlert('success', { hasText: /\d+ events/ });
});
