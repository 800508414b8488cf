/**
 * Live figures in a real browser: the shipped dashboard Falco tuning, drawn by the preview from the plugin's real server
 * side, of a node that begins to lose events, goes away and comes back.
 */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { type Browser, type Page } from 'playwright-core';
import { type LiveResponse } from '../../src/live/BackendClient';
import { root, setStage, type Stage, until } from './harness';
import { launch, tallPage } from './page';

const node = 'worker-1';
const tile = 'Drops now';
/** How far live rates look back, and how far apart the scrapes are, milliseconds. */
const reach = 10_000;
const interval = 1000;

/** What the backend answered to a live request, milliseconds since 1970 and events lost so far. */
interface Scraped {
  at: number;
  lost: number;
}

/** What happened in the page, in this order: an answer, or another text in the tile. */
type Happened = Scraped | { shown: string };

declare global {
  interface Window {
    happened: Happened[];
  }
}

/** Notes in the page what is answered to live requests, before the page gets to see it. */
function noteAnswers(): void {
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

/** Notes what the tile shows as it changes. */
function noteTexts(title: string): void {
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
  const asked: string[] = [];

  const happened = () => page.evaluate(() => window.happened);
  const shown = async () => (await happened()).flatMap((one) => (isScraped(one) ? [] : [one.shown])).at(-1)!;
  const answers = async () => (await happened()).filter(isScraped);
  const tell = (what: string) => fetch(`${stage.fleet}/nodes/${node}?${what}`, { method: 'POST' });

  async function show(state: 'visible' | 'hidden'): Promise<void> {
    await page.evaluate((state) => {
      Object.defineProperty(document, 'visibilityState', { configurable: true, get: () => state });
      document.dispatchEvent(new Event('visibilitychange'));
    }, state);
  }

  /** The notices of the tile; '' where there are none. */
  async function notices(): Promise<string> {
    const mark = page.locator(`[data-testid="data-testid Panel header ${tile}"] [data-testid="panel-notices"]`);
    if ((await mark.count()) === 0) {
      return '';
    }
    // It may go again while it is looked at.
    await mark.hover({ timeout: 1000 });
    return page.locator('[data-testid="panel-notices-text"]').first().innerText({ timeout: 1000 });
  }

  beforeAll(async () => {
    mkdirSync(join(root, 'test-results'), { recursive: true });
    stage = await setStage('demo');
    browser = await launch();
    page = await tallPage(browser, complaints);
    page.on('request', (request) => asked.push(request.url().replace(/.*\/resources\//, '')));
    await page.addInitScript(noteAnswers);
    await page.goto(`${stage.url}/d/falco-tuning?var-node=${node}`);
    await page.evaluate(noteTexts, tile);
    await until('scrapes in the whole window', async () => {
      const all = await answers();
      return all.at(-1)!.at - all[0]!.at > reach + interval ? true : undefined;
    });
  });

  afterAll(async () => {
    await browser?.close();
    await stage?.close();
  });

  it('rises at the tick after a node begins to lose events, and knows the ratio within one window', async () => {
    expect(await shown()).toBe('0%');
    await tell('loses=0.1');
    const all = await until('9 %', async () => {
      const all = await happened();
      return all.some(isAbove(9)) ? all : undefined;
    });
    await page.screenshot({ path: join(root, 'test-results', 'live.png') });
    const first = all.findIndex((one) => isScraped(one) && one.lost > 0);
    // Between the answer that has the first losses and the figure there is no other answer.
    expect(all.slice(first + 1, all.findIndex(isAbove(0)))).toEqual([]);
    const none = all.slice(0, first).filter(isScraped).at(-1)!;
    const last = all
      .slice(0, all.findIndex(isAbove(9)))
      .filter(isScraped)
      .at(-1)!;
    // Scrapes are up to some milliseconds off their times.
    expect(last.at - none.at).toBeLessThanOrEqual(reach + interval / 2);
  });

  it('asks for nothing while nobody can see the page, and fills the gap when somebody does', async () => {
    await show('hidden');
    const from = asked.length;
    const now = Date.now();
    await until('a gap too long for live rates', async () => {
      const query = { refId: 'A', datasource: { uid: 'falco-metrics' }, queryType: 'signal', signals: ['up'] };
      const range = { from: String(now - 60_000), to: String(Date.now()) };
      const times = (await stage.query([query], range))['A']?.frames?.[0]?.data.values[0] as number[];
      return times.at(-1)! - now > reach / 2 + interval ? true : undefined;
    });
    expect(asked.slice(from)).toEqual([]);
    await show('visible');
    const seen = (await answers()).length;
    await until('further answers', async () => ((await answers()).length > seen + 1 ? true : undefined));
    expect(asked.slice(from).filter((path) => path.startsWith('live/samples?'))).not.toEqual([]);
    expect(percent(await shown())).toBeGreaterThan(9);
  });

  it('tells when the node does not answer, and goes on when it does', async () => {
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

  it('has nothing to complain about in the console', () => {
    expect(complaints).toEqual([]);
  });
});
