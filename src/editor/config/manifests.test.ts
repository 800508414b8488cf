/** @jest-environment node */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse, parseAllDocuments } from 'yaml';
import { MANIFESTS } from './manifests';

/** Parses a manifest. */
function manifest(file: keyof typeof MANIFESTS) {
  return parse(MANIFESTS[file]);
}

test('the headless Service includes pods that are not ready and matches no ServiceMonitor', () => {
  const { apiVersion, kind, metadata, spec } = manifest('headless-service.yaml');
  expect(metadata).toEqual({ name: 'falco-metrics-headless', namespace: 'falco' });
  expect([apiVersion, kind]).toEqual(['v1', 'Service']);
  expect(spec).toMatchObject({
    clusterIP: 'None',
    publishNotReadyAddresses: true,
    selector: { 'app.kubernetes.io/name': 'falco' },
    ports: [{ name: 'metrics', port: 8765, targetPort: 8765 }],
  });
});

test('the Service for node_exporter is headless and selects the pods of its chart', () => {
  const { metadata, spec } = manifest('node-exporter-service.yaml');
  expect(metadata).toEqual({ name: 'prometheus-node-exporter-headless', namespace: 'monitoring' });
  expect(spec).toEqual({
    clusterIP: 'None',
    publishNotReadyAddresses: true,
    selector: { 'app.kubernetes.io/name': 'prometheus-node-exporter' },
    ports: [{ name: 'metrics', port: 9100, targetPort: 9100 }],
  });
});

test('the NetworkPolicies admit the scraper and Falco’s alerts and do not select the Falcosidekick UI', () => {
  const policies = parseAllDocuments(MANIFESTS['network-policy.yaml']).map((document) => document.toJS());
  expect(policies.map(({ apiVersion, kind }) => [apiVersion, kind])).toEqual(
    Array(2).fill(['networking.k8s.io/v1', 'NetworkPolicy'])
  );
  const monitoring = { namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': 'monitoring' } } };
  const falco = { 'app.kubernetes.io/name': 'falco' };
  expect(policies.map(({ spec }) => spec)).toEqual([
    {
      podSelector: { matchLabels: falco },
      policyTypes: ['Ingress'],
      ingress: [{ from: [monitoring], ports: [{ protocol: 'TCP', port: 8765 }] }],
    },
    {
      podSelector: {
        matchLabels: { 'app.kubernetes.io/name': 'falcosidekick', 'app.kubernetes.io/component': 'core' },
      },
      policyTypes: ['Ingress'],
      ingress: [
        { from: [monitoring, { podSelector: { matchLabels: falco } }], ports: [{ protocol: 'TCP', port: 2801 }] },
      ],
    },
  ]);
});

test('the documentation names only the Services of the manifests', () => {
  const root = join(__dirname, '../../..');
  const texts = ['docs', 'provisioning/datasources'].flatMap((folder) =>
    readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
      .filter((file) => /\.(md|yaml)$/.test(file))
      .map((file) => readFileSync(join(root, folder, file), 'utf8'))
  );
  const names = texts.flatMap((text) => text.match(/[a-z-]+\.(falco|monitoring)\.svc/g) ?? []);
  expect([...new Set(names)].sort()).toEqual([
    'falco-metrics-headless.falco.svc',
    'prometheus-node-exporter-headless.monitoring.svc',
  ]);
});

test('the Helm values enable what the signals need', () => {
  const { metrics, extra } = manifest('falco-values.yaml');
  expect(metrics).toMatchObject({ enabled: true, libbpfStatsEnabled: true, kernelEventCountersEnabled: true });
  expect(extra.env).toEqual([{ name: 'FALCO_CGROUP_MEM_PATH', value: '/sys/fs/cgroup/memory.current' }]);
  expect(extra.initContainers[0].command).toEqual(['sysctl', '-w', 'kernel.bpf_stats_enabled=1']);
});
