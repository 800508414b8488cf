/** What axe-core and the keyboard find on a page. */
import { readFileSync } from 'node:fs';
import { type AxeResults } from 'axe-core';
import { type Page } from 'playwright-core';

const axe = readFileSync(require.resolve('axe-core/axe.min.js'), 'utf8');

/** What Grafana's libraries and the preview draw against a rule, and the plugin cannot change: the rule and where. */
const EXCLUDED: Array<[rule: string, selector: string]> = [
  // The arrow of a Combobox has aria-expanded, which an element without a role may not have.
  ['aria-allowed-attr', '[id$="-toggle-button"]'],
  // The title of a row of a dashboard is a heading without a level.
  ['aria-required-attr', 'span[role="heading"]'],
  // Since Grafana 13, the name of a series in the legend says whether it is selected instead of which one it is.
  ['label-content-name-mismatch', '[class*="LegendLabel"]'],
  // The button that refreshes a dashboard has no name, and that of the interval another one than it shows.
  ['button-name', '[data-testid*="RefreshPicker"]'],
  ['label-content-name-mismatch', '[data-testid*="RefreshPicker"]'],
  // The icon of a panel that streams is a button without a name, and a panel that loads is labelled without a role.
  ['button-name', '[class*="panel-header-item"]'],
  ['aria-prohibited-attr', '[aria-label="data-testid Loading indicator"]'],
  // The preview's own text of an empty panel may scroll.
  ['scrollable-region-focusable', '[data-testid="empty-panel"]'],
  // Links in text panels are underlined only under the mouse.
  ['link-in-text-block', '.markdown-html a'],
];

type Axe = { run: (options: object) => Promise<AxeResults> };

/** Findings of the impact serious or critical: the rule and the element. */
export async function violations(page: Page): Promise<string[]> {
  // A button that was enabled a moment ago still has a colour in between.
  await page.addStyleTag({ content: '*, ::before, ::after { transition: none !important; }' });
  await page.evaluate(axe);
  return page.evaluate(async (excluded) => {
    const { axe } = globalThis as unknown as { axe: Axe };
    // The elements themselves, because some are drawn anew before the selectors of axe-core are looked up.
    const { violations } = await axe.run({ resultTypes: ['violations'], elementRef: true });
    const isExcluded = (id: string, element: HTMLElement | undefined) =>
      excluded.some(([rule, place]) => rule === id && element?.matches(place));
    return violations
      .filter(({ impact }) => impact === 'serious' || impact === 'critical')
      .flatMap(({ id, nodes }) =>
        nodes.filter(({ element }) => !isExcluded(id, element)).map(({ html }) => `${id}: ${html.slice(0, 300)}`)
      );
  }, EXCLUDED);
}

/** Walks through `selector` with the Tab key. Returns the number of stops, and those without a name for screen readers. */
export async function tabStops(page: Page, selector: string): Promise<{ count: number; unnamed: string[] }> {
  const session = await page.context().newCDPSession(page);
  const unnamed: string[] = [];
  let count = 0;
  // Focus starts before the first control inside.
  await page.evaluate((inside) => {
    const start = document.createElement('span');
    start.tabIndex = -1;
    document.querySelector(inside)?.prepend(start);
    start.focus();
  }, selector);
  for (;;) {
    await page.keyboard.press('Tab');
    const html = await page.evaluate((inside) => {
      const focused = document.activeElement;
      return focused && document.querySelector(inside)?.contains(focused) ? focused.outerHTML : undefined;
    }, selector);
    if (html === undefined) {
      return { count, unnamed };
    }
    count++;
    const { result } = await session.send('Runtime.evaluate', { expression: 'document.activeElement' });
    const { nodes } = await session.send('Accessibility.getPartialAXTree', {
      objectId: result.objectId!,
      fetchRelatives: false,
    });
    if (!nodes[0]?.name?.value) {
      unnamed.push(html.slice(0, 300));
    }
  }
}
