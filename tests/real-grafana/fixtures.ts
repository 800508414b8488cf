/** What the tests share: a simulated fleet, a data source that scrapes it, and a folder for dashboards. */
import { randomUUID } from 'node:crypto';
import { expect, test as base } from '@grafana/plugin-e2e';
import { type APIRequestContext } from '@playwright/test';
import { type Fleet, startFleet } from '../../dev/fleet/fleet';
import { freePort, type QueryResults, until } from '../e2e/harness';
import { credentials } from './grafana';

export { expect };

export const pluginId = 'falco-metrics-datasource';

/** The host of the fleet as Grafana sees it. A Grafana in a container needs the address of this machine. */
const fleetHost = process.env['FALCO_FLEET_HOST'] || '127.0.0.1';

export interface Stage {
  fleet: Fleet;
  /** `host:port` of the first Falco of the fleet, worker-1. */
  falco: string;
  /** The data source. */
  uid: string;
  name: string;
  /** Grafana's HTTP API. */
  api: APIRequestContext;
  /** Creates a dashboard in the folder of the tests. Returns its uid. */
  createDashboard: (model: object) => Promise<string>;
}

async function json<T>(response: Awaited<ReturnType<APIRequestContext['get']>>): Promise<T> {
  if (!response.ok()) {
    throw new Error(`${response.url()}: ${response.status()} ${await response.text()}`);
  }
  return (await response.json()) as T;
}

interface TestFixtures {
  /** What the plugin wrote to the browser's console, and its failed requests. A test fails if any are left at its end. */
  complaints: string[];
}

export const test = base.extend<TestFixtures, { stage: Stage }>({
  stage: [
    async ({ playwright }, provide) => {
      const port = await freePort(40);
      const isLocal = fleetHost === '127.0.0.1';
      const fleet = await startFleet({ port, host: isLocal ? '127.0.0.1' : '0.0.0.0' });
      const { user, password } = credentials;
      const api = await playwright.request.newContext({
        baseURL: process.env['GRAFANA_URL'],
        extraHTTPHeaders: { Authorization: `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}` },
      });
      const id = randomUUID().slice(0, 8);
      const uid = `falco-e2e-${id}`;
      const name = `Falco Metrics e2e ${id}`;
      const control = `http://${fleetHost}:${port}`;
      const discovered = { discovery: 'http', allowLoopback: true, labels: { cluster: 'demo' } };
      const jsonData = {
        scrapeInterval: '1s',
        scrapeTimeout: '1s',
        targets: [
          { url: `${control}/targets`, ...discovered },
          { url: `${control}/node-exporters`, kind: 'node-exporter', ...discovered },
          { url: `${fleetHost}:${port + 1}`, kind: 'falcosidekick', labels: { cluster: 'demo' } },
        ],
      };
      try {
        await json(
          await api.post('/api/datasources', { data: { uid, name, type: pluginId, access: 'proxy', jsonData } })
        );
        await json(await api.post('/api/folders', { data: { uid, title: name } }));
        const up = { refId: 'A', datasource: { type: pluginId, uid }, queryType: 'signal', signals: ['up'] };
        await until('every node to respond', async () => {
          const data = { from: 'now-1m', to: 'now', queries: [up] };
          const { results } = await json<{ results: QueryResults }>(await api.post('/api/ds/query', { data }));
          return results['A']?.frames?.length === fleet.targets.length ? true : undefined;
        });
        const createDashboard = async (model: object) => {
          const data = { dashboard: model, folderUid: uid, inputs: [], overwrite: false };
          return (await json<{ uid: string }>(await api.post('/api/dashboards/import', { data }))).uid;
        };
        await provide({ fleet, falco: `${fleetHost}:${port + 2}`, uid, name, api, createDashboard });
      } finally {
        await api.delete(`/api/folders/${uid}`);
        await api.delete(`/api/datasources/uid/${uid}`);
        await api.dispose();
        await fleet.close();
      }
    },
    { scope: 'worker' },
  ],

  complaints: [
    async ({ page, stage }, provide) => {
      const complaints: string[] = [];
      // Grafana reads its catalogue of plugins from the internet.
      await page.route('**/api/gnet/**', (route) => route.fulfill({ json: { items: [] } }));
      // The Grafana may have other data sources of this type, whose queries may fail.
      const isOfPlugin = (text = '') => text.includes(`plugins/${pluginId}/`) || text.includes(stage.uid);
      page.on('console', (message) => {
        const isBad = message.type() === 'error' || message.type() === 'warning';
        if (isBad && (isOfPlugin(message.text()) || isOfPlugin(message.location().url))) {
          complaints.push(message.text());
        }
      });
      page.on('pageerror', (error) => {
        if (isOfPlugin(error.stack)) {
          complaints.push(String(error.stack));
        }
      });
      page.on('response', (response) => {
        const isFailure = response.status() >= 400;
        if (isFailure && (isOfPlugin(response.url()) || isOfPlugin(response.request().postData() ?? ''))) {
          complaints.push(`${response.status()} ${response.url()}`);
        }
      });
      await provide(complaints);
      expect(complaints).toEqual([]);
    },
    { auto: true },
  ],
});
