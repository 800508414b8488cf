/** @jest-environment node */
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parse } from 'yaml';
import { provisionTargets } from './target';

const folder = mkdtempSync(join(tmpdir(), 'target-'));
afterAll(() => rmSync(folder, { recursive: true }));

test('the data source has the given targets, and dashboards and alert rules stay', () => {
  provisionTargets('provisioning', folder, ['node-1:8765', 'https://node-2:8765/metrics']);
  expect(parse(readFileSync(join(folder, 'datasources/falco.yaml'), 'utf8'))).toEqual({
    apiVersion: 1,
    datasources: [
      {
        name: 'Falco Metrics',
        uid: 'falco-metrics', // the dashboards and alert rules refer to it
        type: 'falco-metrics-datasource',
        access: 'proxy',
        isDefault: true,
        jsonData: { targets: [{ url: 'node-1:8765' }, { url: 'https://node-2:8765/metrics' }] },
      },
    ],
  });
  expect(existsSync(join(folder, 'dashboards/falco.yaml'))).toBe(true);
  expect(existsSync(join(folder, 'alerting/falco.yaml'))).toBe(true);
});
