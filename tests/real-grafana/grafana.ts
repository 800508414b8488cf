/** The Grafana in which the tests run. */
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort, grafanaHome, root, startGrafana, stop, until } from '../e2e/harness';

/** A user with the role Admin. */
export const credentials = {
  user: process.env['GRAFANA_USER'] || 'admin',
  password: process.env['GRAFANA_PASSWORD'] || 'admin',
};

/**
 * Starts the Grafana in GRAFANA_HOME without any provisioning, and sets GRAFANA_URL, which the workers inherit. Does nothing
 * if GRAFANA_URL is set. Returns the function that stops what was started.
 */
export default async function provideGrafana(): Promise<(() => Promise<void>) | undefined> {
  if (process.env['GRAFANA_URL']) {
    return undefined;
  }
  if (!grafanaHome) {
    throw new Error(
      'Set GRAFANA_URL to the address of a Grafana with the plugin, or GRAFANA_HOME to the folder of a Grafana.'
    );
  }
  const data = mkdtempSync(join(tmpdir(), 'falco-grafana-'));
  const provisioning = join(data, 'provisioning');
  mkdirSync(provisioning);
  const port = await freePort();
  const grafana = startGrafana(grafanaHome, { data, plugin: join(root, 'dist'), provisioning, port });
  const close = async () => {
    await stop(grafana.process);
    rmSync(data, { recursive: true, force: true });
  };
  const url = `http://127.0.0.1:${port}`;
  try {
    await until('Grafana', async () => ((await fetch(`${url}/api/health`)).ok ? true : undefined), 120);
  } catch (error) {
    await close();
    throw new Error(`${String(error)}\n${grafana.log()}`);
  }
  process.env['GRAFANA_URL'] = url;
  return close;
}
