/** The editors in a real browser: what axe-core finds, and whether every stop of the Tab key has a name. */
import { type Browser, type Page } from 'playwright-core';
import { tabStops, violations } from './accessibility';
import { grafanaHome, setStage, type Stage } from './harness';
import { launch, tallPage } from './page';

/** The content of the page, without the menu of the preview. */
const content = 'main';

// The pages of a real Grafana have findings of their own around the editors.
(grafanaHome ? describe.skip : describe)('Editors', () => {
  let stage: Stage;
  let browser: Browser;
  let page: Page;

  beforeAll(async () => {
    stage = await setStage('demo');
    browser = await launch();
    page = await tallPage(browser, []);
  });

  afterAll(async () => {
    await browser?.close();
    await stage?.close();
  });

  async function expandAll() {
    const sections = page.getByRole('button', { name: /^Expand section/ });
    while ((await sections.count()) > 0) {
      await sections.first().click();
    }
  }

  it.each(['dark', 'light'])('settings (%s)', async (theme) => {
    await page.goto(`${stage.url}/connections/datasources/edit/falco-metrics?theme=${theme}`);
    await page.getByRole('button', { name: 'Add target' }).waitFor();
    await expandAll();
    await page.getByRole('button', { name: 'Helm values for Falco', exact: true }).click();
    await page.getByRole('button', { name: 'Add figure' }).click();
    expect(await violations(page)).toEqual([]);
    await page.getByRole('radio', { name: /^Prometheus/ }).click();
    await page.getByLabel('Server URL').waitFor();
    await expandAll();
    expect(await violations(page)).toEqual([]);
  });

  it('settings can be reached with the keyboard, and every stop has a name', async () => {
    await page.goto(`${stage.url}/connections/datasources/edit/falco-metrics`);
    await page.getByRole('button', { name: 'Add target' }).waitFor();
    await expandAll();
    const { count, unnamed } = await tabStops(page, content);
    // The help icons of the three TLS settings, which @grafana/plugin-ui draws.
    expect(unnamed.filter((html) => !html.includes('icon-info-circle'))).toEqual([]);
    expect(unnamed).toHaveLength(3);
    expect(count).toBeGreaterThan(60);
  });

  it('queries can be reached with the keyboard, and every stop has a name', async () => {
    await page.goto(`${stage.url}/explore`);
    await page.getByRole('button', { name: 'Add filter' }).click();
    const { count, unnamed } = await tabStops(page, content);
    // The graph, which Grafana draws.
    expect(unnamed.filter((html) => !html.includes('uplot'))).toEqual([]);
    expect(count).toBeGreaterThan(20);
  });

  // Grafana shows these editors deep inside of its settings of dashboards and alert rules. The preview shows them by themselves.
  const alone = grafanaHome ? it.skip : it;

  alone('the variable editor', async () => {
    await page.goto(`${stage.url}/editors/variable?theme=light`);
    // The list is long, and only a part of it is drawn.
    await page.getByRole('combobox', { name: 'Label' }).fill('node');
    await page.getByRole('option', { name: 'node', exact: true }).click();
    await page.getByRole('switch', { name: 'Worst first' }).waitFor();
    await page.getByRole('button', { name: 'Add filter' }).click();
    expect(await violations(page)).toEqual([]);
    const { count, unnamed } = await tabStops(page, content);
    expect(unnamed).toEqual([]);
    expect(count).toBeGreaterThan(8);
  });

  alone('the annotation editor', async () => {
    await page.goto(`${stage.url}/editors/annotation`);
    await page.getByRole('button', { name: 'Add filter' }).click();
    expect(await violations(page)).toEqual([]);
    const { count, unnamed } = await tabStops(page, content);
    expect(unnamed).toEqual([]);
    expect(count).toBeGreaterThan(6);
  });

  alone.each(['Signal', 'Health', 'Impact', 'PromQL'])('query type %s of an alert rule', async (type) => {
    await page.goto(`${stage.url}/editors/alert?theme=light`);
    await page.getByRole('radiogroup', { name: 'Query type' }).getByRole('radio', { name: type }).click();
    await page.getByRole('button', { name: 'Add filter' }).or(page.locator('.monaco-editor')).first().waitFor();
    await page.getByRole('button', { name: /^Options/ }).click();
    expect(await violations(page)).toEqual([]);
  });

  it.each(['Signal', 'Health', 'Inventory', 'Rules', 'Events', 'Impact', 'PromQL'])('query type %s', async (type) => {
    await page.goto(`${stage.url}/explore`);
    await page.getByRole('radiogroup', { name: 'Query type' }).getByRole('radio', { name: type }).click();
    await page.getByRole('button', { name: 'Add filter' }).or(page.locator('.monaco-editor')).first().waitFor();
    expect(await violations(page)).toEqual([]);
  });
});
