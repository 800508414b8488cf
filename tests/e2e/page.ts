/** A real browser, and what tests read from its pages. */
import { type Browser, chromium, type Locator, type Page } from 'playwright-core';
import { until } from './harness';

/** Flags that keep Chromium from contacting its own services: failed attempts would look like errors of the page. */
const flags = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

export const launchOptions = { executablePath: process.env['CHROMIUM'] ?? '/usr/bin/chromium', args: flags };

export const launch = (): Promise<Browser> => chromium.launch(launchOptions);

/** A page that shows a complete dashboard. Warnings, errors and failed requests are added to `complaints`. */
export async function tallPage(browser: Browser, complaints: string[]): Promise<Page> {
  const page = await browser.newPage({ viewport: { width: 1280, height: 5000 } });
  // Grafana reads its catalogue of plugins from the internet.
  await page.route('**/api/gnet/**', (route) => route.fulfill({ json: { items: [] } }));
  page.on('console', (message) => {
    if (message.type() === 'error' || message.type() === 'warning') {
      complaints.push(message.text());
    }
  });
  page.on('pageerror', (error) => complaints.push(String(error)));
  page.on('response', (response) => {
    if (response.status() >= 400) {
      complaints.push(`${response.status()} ${response.url()}`);
    }
  });
  return page;
}

/** Waits until every visible panel has drawn its data. Returns the text of the page. */
export async function settled(page: Page, titles: string[]): Promise<string> {
  // A dashboard that refreshes on a slow machine is never idle.
  await page.waitForLoadState('networkidle', { timeout: 10_000 }).catch(() => undefined);
  return until('all panels', async () => {
    const { text, waiting, blank } = await page.evaluate(() => {
      const panels = [...document.querySelectorAll('[data-testid^="data-testid Panel header"]')];
      return {
        text: document.body.innerText,
        waiting: document.querySelectorAll('[aria-label="Panel loading bar"]').length,
        blank: panels
          .filter((panel) => {
            const content = panel.querySelector('[data-testid="data-testid panel content"]');
            return content && !content.textContent?.trim() && !content.querySelector('canvas, svg, img');
          })
          .map((panel) => panel.getAttribute('data-testid')),
      };
    });
    const unseen = titles.filter((title) => !text.includes(title));
    if (waiting + blank.length + unseen.length > 0) {
      throw new Error(`${waiting} loading; blank: ${blank.join(', ')}; missing: ${unseen.join(', ')}`);
    }
    return text;
  });
}

/** The texts behind the icons beside the titles of panels: descriptions and notices. */
export async function hints(page: Page, panels: Locator): Promise<string> {
  const icons = panels.locator('[data-testid="title-items-container"] span > svg');
  const texts: string[] = [];
  for (let i = 0; i < (await icons.count()); i++) {
    // The icon may disappear in the meantime.
    await icons.nth(i).hover({ timeout: 1000 });
    texts.push(await page.getByRole('tooltip').last().innerText({ timeout: 1000 }));
  }
  return texts.join('\n');
}

/** Titles of the panels that show no data and no notice that says why. `panels` are those of the dashboard. */
export function unexplained(page: Page, panels: Array<{ title: string; description?: string }>): Promise<string[]> {
  const described = panels.flatMap(({ title, description }) => (description ? [title] : []));
  return page.evaluate((described) => {
    const prefix = 'data-testid Panel header ';
    return [...document.querySelectorAll<HTMLElement>(`[data-testid^="${prefix}"]`)].flatMap((panel) => {
      const title = panel.dataset['testid']!.slice(prefix.length);
      const text = panel.querySelector<HTMLElement>('[data-testid="data-testid panel content"]')?.innerText;
      // Beside the title are the icons of the description and of notices, and links.
      const icons = panel.querySelectorAll('[data-testid="title-items-container"] span > svg').length;
      return text?.trim().startsWith('No data') && icons === (described.includes(title) ? 1 : 0) ? [title] : [];
    });
  }, described);
}

/** Parses a value as Grafana formats it: "14.2%" → 0.142, "60.9K c/s" → 60900, "250 ms" → 0.25, "1.50 mins" → 90. */
export function figure(text: string): number {
  const match = /^(-?[\d.]+)\s?(K\b|M\b|G\b|%|µs|ms|mins?)?/.exec(text.trim());
  const scales: Record<string, number> = { K: 1e3, M: 1e6, G: 1e9, '%': 0.01, µs: 1e-6, ms: 1e-3, min: 60, mins: 60 };
  return match ? Number(match[1]) * (scales[match[2] ?? ''] ?? 1) : NaN;
}

export interface Table {
  columns: string[];
  /** By node. */
  rows: Map<string, string[]>;
}

/** The first table of nodes with a column of this title. */
export async function readTable(page: Page, title: RegExp): Promise<Table | undefined> {
  const grids = await page.evaluate(() => {
    const texts = (row: Element, role: string) =>
      [...row.querySelectorAll(`[role="${role}"]`)].map((cell) => cell.textContent?.trim() ?? '');
    return [...document.querySelectorAll('[role="grid"]')].map((grid) =>
      [...grid.querySelectorAll('[role="row"]')].map((row) => [
        ...texts(row, 'columnheader'),
        ...texts(row, 'gridcell'),
      ])
    );
  });
  for (const [columns, ...rows] of grids) {
    const node = columns?.findIndex((name) => /^node$/i.test(name)) ?? -1;
    if (columns?.some((name) => title.test(name)) && node >= 0 && rows.length > 0) {
      return { columns, rows: new Map(rows.map((row) => [row[node] ?? '', row])) };
    }
  }
  return undefined;
}
