/** @jest-environment node */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse, parseAllDocuments } from 'yaml';
import { MANIFESTS } from './manifests';

/** What stands in a manifest. */
function manifest(file: string) {
  const found = MANIFESTS.find((one) => one.file === file);
  return parse(found?.text ?? '');
}

test('the headless Service keeps Falcos that are not ready, on the port of their metrics, and is no ServiceMonitor’s', () => {
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

test('the NetworkPolicies let the scraper in, and Falco’s alerts, and leave the UI of Falcosidekick alone', () => {
  const text = MANIFESTS.find(({ file }) => file === 'network-policy.yaml')?.text ?? '';
  const policies = parseAllDocuments(text).map((document) => document.toJS());
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

test('every name of a Service in the documents is one that there is', () => {
  const root = join(__dirname, '../../..');
  const texts = ['docs', 'provisioning/datasources'].flatMap((folder) =>
    readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
      .filter((file) => /\.(md|yaml)$/.test(file))
      .map((file) => readFileSync(join(root, folder, file), 'utf8'))
  );
  const names = texts.flatMap((text) => text.match(/[a-z-]+\.falco\.svc/g) ?? []);
  expect([...new Set(names)]).toEqual(['falco-metrics-headless.falco.svc']);
});

test('the Helm values switch on what the signals need', () => {
  const { metrics, extra } = manifest('falco-values.yaml');
  expect(metrics).toMatchObject({ enabled: true, libbpfStatsEnabled: true, kernelEventCountersEnabled: true });
  expect(extra.env).toEqual([{ name: 'FALCO_CGROUP_MEM_PATH', value: '/sys/fs/cgroup/memory.current' }]);
  expect(extra.initContainers[0].command).toEqual(['sysctl', '-w', 'kernel.bpf_stats_enabled=1']);
});
