import { CONTRACT } from '../../src/contract';
import { MANIFESTS } from '../../src/editor/config/manifests';
import { catalogue } from '../../src/signals';
import { alertingFile } from './alerts/grafana';
import { prometheusFile, recordings } from './alerts/prometheus';
import { runbookIndex } from './alerts/runbooks';
import { dashboards } from './dashboards';
import { locales } from './locales';
import { signalReference } from './reference';

const json = (value: unknown) => `${JSON.stringify(value, null, 2)}\n`;

/** Returns the generated files, from path relative to the project root to content. */
export function outputs(): Record<string, string> {
  return {
    'pkg/contract/contract.json': json(CONTRACT),
    'pkg/signals/catalogue.json': json({ ...catalogue, recordings: recordings() }),
    ...Object.fromEntries(Object.entries(dashboards).map(([path, build]) => [`src/${path}`, json(build())])),
    'provisioning/alerting/falco.yaml': alertingFile(),
    'provisioning/prometheus/falco.rules.yaml': prometheusFile(),
    'docs/runbooks/README.md': runbookIndex(),
    'docs/signals.md': signalReference(),
    ...Object.fromEntries(Object.entries(MANIFESTS).map(([file, text]) => [`docs/kubernetes/${file}`, text])),
    ...locales(),
  };
}
