/**
 * Live mode in a real browser: the preview draws the shipped dashboard Falco tuning with the plugin's real backend, for a
 * node that starts to drop events, stops and returns.
 */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { type Browser, type Page } from 'playwright-core';
import { type LiveResponse } from '../../src/live/BackendClient';
import { root, setStage, type Stage, until } from './harness';
import { hints, launch, tallPage } from './page';

const node = 'worker-1';
const panelTitle = 'Drops now';
/** The window of live rates and the interval between scrapes, in milliseconds. */
const windowMs = 10_000;
const intervalMs = 1000;

/** A live scrape: its time in milliseconds since 1970, and the number of events dropped so far. */
interface Scraped {
  at: number;
  lost: number;
}

/** What happened in the page: a live scrape arrived, or the text of the panel changed. */
type Happened = Scraped | { shown: string };

declare global {
  interface Window {
    happened: Happened[];
  }
}

/** Records live responses in the page before the page receives them. */
function recordResponses(): void {
  const { fetch } = window;
  window.happened = [];
  window.fetch = async (...args) => {
    const response = await fetch(...args);
    if (String(args[0]).includes('/resources/live?')) {
      const { data } = (await response.clone().json()) as { data: LiveResponse };
      for (const { time = NaN, text = '' } of data.targets) {
        const lost = Number(/^falcosecurity_scap_n_drops_total (\d+)/m.exec(text)?.[1] ?? NaN);
        window.happened.push({ at: time, lost });
      }
    }
    return response;
  };
}

/** Records the text of a panel whenever it changes. */
function recordTexts(title: string): void {
  let last = '';
  const look = () => {
    const panel = document.querySelector(`[data-testid="data-testid Panel header ${title}"]`);
    const shown = panel?.querySelector('[data-testid="data-testid panel content"]')?.textContent ?? '';
    if (shown !== last) {
      last = shown;
      window.happened.push({ shown });
    }
  };
  new MutationObserver(look).observe(document.body, { subtree: true, childList: true, characterData: true });
  look();
}

/** "9.83%" → 9.83 */
const percent = (shown: string) => Number(/^([\d.]+)\s?%$/.exec(shown)?.[1] ?? NaN);
const isScraped = (one: Happened): one is Scraped => 'at' in one;
const isAbove = (least: number) => (one: Happened) => !isScraped(one) && percent(one.shown) > least;

describe('Falco tuning', () => {
  let stage: Stage;
  let browser: Browser;
  let page: Page;
  const complaints: string[] = [];
  const requests: string[] = [];

  const happened = () => page.evaluate(() => window.happened);
  const shown = async () => (await happened()).flatMap((one) => (isScraped(one) ? [] : [one.shown])).at(-1)!;
  const scrapes = async () => (await happened()).filter(isScraped);
  const tell = (what: string) => fetch(`${stage.fleet}/nodes/${node}?${what}`, { method: 'POST' });

  async function show(state: 'visible' | 'hidden'): Promise<void> {
    await page.evaluate((state) => {
      Object.defineProperty(document, 'visibilityState', { configurable: true, get: () => state });
      document.dispatchEvent(new Event('visibilitychange'));
    }, state);
  }

  const notices = () => hints(page, page.getByTestId(`data-testid Panel header ${panelTitle}`));

  beforeAll(async () => {
    mkdirSync(join(root, 'test-results'), { recursive: true });
    stage = await setStage('demo');
    browser = await launch();
    page = await tallPage(browser, complaints);
    page.on('request', (request) => requests.push(request.url().replace(/.*\/resources\//, '')));
    await page.addInitScript(recordResponses);
    await page.goto(`${stage.url}/d/falco-tuning?var-node=${node}`);
    await page.evaluate(recordTexts, panelTitle);
    await until('scrapes in the whole window', async () => {
      const all = await scrapes();
      return all.at(-1)!.at - all[0]!.at > windowMs + intervalMs ? true : undefined;
    });
  });

  afterAll(async () => {
    await browser?.close();
    await stage?.close();
  });

  it('rises one tick after a node starts to drop events, and shows the ratio within one window', async () => {
    expect(await shown()).toBe('0%');
    await tell('loses=0.1');
    const all = await until('9 %', async () => {
      const all = await happened();
      return all.some(isAbove(9)) ? all : undefined;
    });
    await page.screenshot({ path: join(root, 'test-results', 'live.png') });
    const first = all.findIndex((one) => isScraped(one) && one.lost > 0);
    // The value rises before another scrape arrives.
    expect(all.slice(first + 1, all.findIndex(isAbove(0)))).toEqual([]);
    const none = all.slice(0, first).filter(isScraped).at(-1)!;
    const last = all
      .slice(0, all.findIndex(isAbove(9)))
      .filter(isScraped)
      .at(-1)!;
    // Scrapes are some milliseconds early or late.
    expect(last.at - none.at).toBeLessThanOrEqual(windowMs + intervalMs / 2);
  });

  it('sends no live request while the page is hidden, and fills the gap afterwards', async () => {
    await show('hidden');
    const from = requests.length;
    const now = Date.now();
    await until('a gap too long for live rates', async () => {
      const query = { refId: 'A', datasource: { uid: 'falco-metrics' }, queryType: 'signal', signals: ['up'] };
      const range = { from: String(now - 60_000), to: String(Date.now()) };
      const times = (await stage.query([query], range))['A']?.frames?.[0]?.data.values[0] as number[];
      return times.at(-1)! - now > windowMs / 2 + intervalMs ? true : undefined;
    });
    expect(requests.slice(from).filter((path) => path.startsWith('live'))).toEqual([]);
    await show('visible');
    const seen = (await scrapes()).length;
    await until('further scrapes', async () => ((await scrapes()).length > seen + 1 ? true : undefined));
    expect(requests.slice(from).filter((path) => path.startsWith('live/samples?'))).not.toEqual([]);
    expect(percent(await shown())).toBeGreaterThan(9);
  });

  it('reports a node that does not respond, and continues when it responds', async () => {
    await tell('answers=false');
    const told = await until('a notice', async () => /.*No metrics from.*/.exec(await notices())?.[0]);
    expect(told.replace(/\d{5}/, 'PORT')).toBe(
      `No metrics from ${node}. Connection refused: nothing listens on port PORT. Check the port, and that Falco is running with ` +
        'its web server enabled (webserver.enabled, webserver.listen_port).'
    );
    await tell('answers=true');
    await until('no such notice', async () => (/No metrics from/.test(await notices()) ? undefined : true));
    const since = (await happened()).length;
    await until('figures', async () => ((await happened()).slice(since).some(isAbove(0)) ? true : undefined));
  });

  it('writes nothing to the console', () => {
    expect(complaints).toEqual([]);
  });
});
