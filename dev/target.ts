/** Points `npm start` at Falcos of one's own. */
import { cpSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/**
 * Copies the provisioning folder `from` to `to`, with a data source whose targets are these addresses (`host:port` or
 * URLs) instead of the simulated fleet.
 */
export function provisionTargets(from: string, to: string, targets: string[]): void {
  cpSync(from, to, { recursive: true });
  const source = {
    name: 'Falco Metrics',
    uid: 'falco-metrics',
    type: 'falco-metrics-datasource',
    access: 'proxy',
    isDefault: true,
    jsonData: { targets: targets.map((url) => ({ url })) },
  };
  // JSON is YAML.
  writeFileSync(join(to, 'datasources/falco.yaml'), JSON.stringify({ apiVersion: 1, datasources: [source] }, null, 2));
}
