/** @jest-environment node */
import { parse } from 'yaml';
import { MANIFESTS } from './kubernetes';

/** What stands in a manifest. */
function manifest(file: string) {
  const found = MANIFESTS.find((one) => one.file === file);
  return parse(found?.text ?? '');
}

test('the headless Service keeps Falcos that are not ready, on the port of their metrics', () => {
  const { apiVersion, kind, spec } = manifest('headless-service.yaml');
  expect([apiVersion, kind]).toEqual(['v1', 'Service']);
  expect(spec).toMatchObject({
    clusterIP: 'None',
    publishNotReadyAddresses: true,
    selector: { 'app.kubernetes.io/name': 'falco' },
    ports: [{ name: 'metrics', port: 8765, targetPort: 8765 }],
  });
});

test('the NetworkPolicy lets the scraper in, and Falco’s alerts', () => {
  const { apiVersion, kind, spec } = manifest('network-policy.yaml');
  expect([apiVersion, kind]).toEqual(['networking.k8s.io/v1', 'NetworkPolicy']);
  expect(spec.podSelector.matchExpressions[0].values).toEqual(['falco', 'falcosidekick']);
  const ports = spec.ingress.map(({ ports }: { ports: Array<{ port: number }> }) => ports.map(({ port }) => port));
  expect(ports).toEqual([[8765, 2801], [2801]]);
});

test('the Helm values switch on what the signals need', () => {
  const { metrics, extra } = manifest('falco-values.yaml');
  expect(metrics).toMatchObject({ enabled: true, libbpfStatsEnabled: true, kernelEventCountersEnabled: true });
  expect(extra.env).toEqual([{ name: 'FALCO_CGROUP_MEM_PATH', value: '/sys/fs/cgroup/memory.current' }]);
  expect(extra.initContainers[0].command).toEqual(['sysctl', '-w', 'kernel.bpf_stats_enabled=1']);
});
