/**
 * Tests in a real Grafana, with the page objects of @grafana/plugin-e2e. They use the Grafana at GRAFANA_URL, which has
 * loaded the plugin, or start the one in the folder GRAFANA_HOME. Whatever else is in that Grafana does not matter: each
 * worker creates a data source and a folder of its own, and deletes them.
 */
import { dirname, join } from 'node:path';
import { type PluginOptions } from '@grafana/plugin-e2e';
import { defineConfig } from '@playwright/test';
import { launchOptions } from '../e2e/page';
import { credentials } from './grafana';

export default defineConfig<PluginOptions>({
  testDir: '.',
  outputDir: '../../test-results/real-grafana',
  globalSetup: './grafana.ts',
  reporter: 'list',
  forbidOnly: true,
  fullyParallel: true,
  workers: 2, // They mostly wait.
  timeout: 180_000,
  expect: { timeout: 30_000 },
  use: {
    baseURL: process.env['GRAFANA_URL'],
    launchOptions,
    viewport: { width: 1600, height: 1200 },
    user: credentials,
    grafanaAPICredentials: credentials,
    screenshot: 'only-on-failure',
  },
  projects: [
    {
      name: 'login',
      testDir: join(dirname(require.resolve('@grafana/plugin-e2e')), 'auth'),
      testMatch: '*.js',
    },
    {
      name: 'grafana',
      dependencies: ['login'],
      // The file that `login` writes.
      use: { storageState: `playwright/.auth/${credentials.user}.json` },
    },
  ],
});
