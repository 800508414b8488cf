/**
 * The first script of the page. Grafana's libraries read their settings when they are imported, so
 * this script sets them before it loads the page.
 */
import { type BootData } from '@grafana/data';

declare global {
  interface Window {
    __grafana_public_path__?: string;
  }
}

/** The local storage key of the selected theme. */
const THEME_KEY = 'preview.theme';

function chosenTheme(): 'light' | 'dark' {
  const requested = new URLSearchParams(window.location.search).get('theme');
  if (requested === 'light' || requested === 'dark') {
    window.localStorage.setItem(THEME_KEY, requested);
  }
  return window.localStorage.getItem(THEME_KEY) === 'light' ? 'light' : 'dark';
}

const boot = JSON.parse(document.getElementById('boot-data')?.textContent ?? '{}') as BootData;
boot.user.theme = chosenTheme();
boot.user.lightTheme = boot.user.theme === 'light';
Object.assign(window, { grafanaBootData: boot });
window.__grafana_public_path__ = '/public/';
window.MonacoEnvironment = { getWorker: () => new Worker('/public/build/editor.worker.js') };

const { start } = await import('./app');
await start(document.getElementById('reactRoot')!);
