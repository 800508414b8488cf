/**
 * The page's first script. Grafana's libraries read their settings while they are imported, so
 * these are put in place before the page itself is loaded.
 */
import { type BootData } from '@grafana/data';

declare global {
  interface Window {
    grafanaBootData?: BootData;
    __grafana_public_path__?: string;
  }
}

/** Where the chosen theme is kept from one address to the next. */
const THEME_KEY = 'preview.theme';

function chosenTheme(): 'light' | 'dark' {
  const asked = new URLSearchParams(window.location.search).get('theme');
  if (asked === 'light' || asked === 'dark') {
    window.localStorage.setItem(THEME_KEY, asked);
  }
  return window.localStorage.getItem(THEME_KEY) === 'light' ? 'light' : 'dark';
}

const boot = JSON.parse(document.getElementById('boot-data')?.textContent ?? '{}') as BootData;
boot.user.theme = chosenTheme();
boot.user.lightTheme = boot.user.theme === 'light';
window.grafanaBootData = boot;
window.__grafana_public_path__ = '/public/';
window.MonacoEnvironment = { getWorker: () => new Worker('/public/build/editor.worker.js') };

const { start } = await import('./app');
await start(document.getElementById('reactRoot')!);
