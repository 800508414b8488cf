/**
 * `npm run pictures` takes the pictures of README and catalogue, while `npm start` runs and has a history of an hour.
 *
 * `npm run pictures -- --all folder` instead takes every dashboard, at 1280 and 1920 pixels and in both themes, to look at.
 *
 * Environment: PREVIEW_URL (default http://localhost:3000), CHROMIUM (default /usr/bin/chromium).
 */
import { mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { type Browser, chromium } from 'playwright-core';

const root = resolve(__dirname, '..');
const base = process.env['PREVIEW_URL'] ?? 'http://localhost:3000';

interface Picture {
  uid: string;
  /** The value of the variable Node. */
  node?: string;
  file: string;
  width: number;
  /** Of the picture; without it, as high as the page. */
  height?: number;
  theme: 'dark' | 'light';
}

/** The pictures that plugin.json and README name. */
const published: Picture[] = [
  { uid: 'falco-overview', file: join(root, 'src/img/overview.png'), width: 1280, height: 1200, theme: 'dark' },
  {
    uid: 'falco-node',
    node: 'worker-2',
    file: join(root, 'src/img/node.png'),
    width: 1280,
    height: 900,
    theme: 'dark',
  },
  {
    uid: 'falco-tuning',
    node: 'worker-2',
    file: join(root, 'src/img/tuning.png'),
    width: 1280,
    height: 900,
    theme: 'dark',
  },
];

function everyDashboard(folder: string): Picture[] {
  mkdirSync(folder, { recursive: true });
  const dashboards = readdirSync(join(root, 'src/dashboards')).filter((file) => file.endsWith('.json'));
  return dashboards.flatMap((file) => {
    const { uid } = JSON.parse(readFileSync(join(root, 'src/dashboards', file), 'utf8')) as { uid: string };
    return [1280, 1920].flatMap((width) =>
      (['dark', 'light'] as const).map((theme) => ({
        uid,
        file: join(folder, `${file.replace('.json', '')}-${width}-${theme}.png`),
        width,
        theme,
      }))
    );
  });
}

async function take(browser: Browser, { uid, node, file, width, height, theme }: Picture): Promise<void> {
  // Panels are drawn when they come into view, so the window shows the whole dashboard.
  const page = await browser.newPage({ viewport: { width, height: height ?? 4000 } });
  page.on('console', (message) => {
    if (message.type() === 'error') {
      console.log(`${uid}: ${message.text()}`);
    }
  });
  await page.goto(`${base}/d/${uid}?theme=${theme}${node ? `&var-node=${node}` : ''}`);
  await page.waitForLoadState('networkidle');
  // Live panels have no end of loading: they are given time for some points.
  await page.waitForTimeout(uid === 'falco-tuning' ? 30_000 : 3000);
  const bottom = await page.evaluate(() =>
    Math.max(
      ...[...document.querySelectorAll('[data-viz-panel-key], section')].map((e) => e.getBoundingClientRect().bottom)
    )
  );
  await page.screenshot({ path: file, clip: { x: 0, y: 0, width, height: height ?? Math.min(4000, bottom + 16) } });
  await page.close();
  console.log(file);
}

async function main(): Promise<void> {
  const all = process.argv.indexOf('--all');
  const folder = process.argv[all + 1];
  if (all >= 0 && !folder) {
    throw new Error('--all needs a folder');
  }
  const browser = await chromium.launch({
    executablePath: process.env['CHROMIUM'] ?? '/usr/bin/chromium',
    args: ['--no-sandbox', '--disable-gpu'],
  });
  try {
    for (const picture of all >= 0 ? everyDashboard(resolve(folder!)) : published) {
      await take(browser, picture);
    }
  } finally {
    await browser.close();
  }
}

main().catch((error: unknown) => {
  console.error(error);
  process.exitCode = 1;
});
