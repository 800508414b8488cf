/** A real browser, and what tests read from its pages. */
import { type Browser, chromium, type Page } from 'playwright-core';
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

export function launch(): Promise<Browser> {
  return chromium.launch({ executablePath: process.env['CHROMIUM'] ?? '/usr/bin/chromium', args: flags });
}

/** A page that shows a complete dashboard. Warnings, errors and failed requests are added to `complaints`. */
export async function tallPage(browser: Browser, complaints: string[]): Promise<Page> {
  const page = await browser.newPage({ viewport: { width: 1280, height: 5000 } });
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
  await page.waitForLoadState('networkidle');
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

/** Texts of the panels that are empty without a reason. */
export async function unexplained(page: Page): Promise<string[]> {
  const empty = await page.evaluate(() =>
    [...document.querySelectorAll('[data-testid="empty-panel"]')].map((element) => element.textContent ?? '')
  );
  return empty.filter((text) => text.trim() === 'No data');
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
