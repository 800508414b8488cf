import { t, verbatim } from '../../i18n';
import { MANIFESTS } from './manifests';

export interface Manifest {
  title: string;
  about: string;
  text: string;
}

/** The Kubernetes manifests with their titles. */
export function listManifests(): Manifest[] {
  return [
    {
      title: t('config.manifest.values', 'Helm values for Falco'),
      about: t('config.manifest.values-help', 'Enables metrics, BPF statistics and container memory.'),
      text: MANIFESTS['falco-values.yaml'],
    },
    {
      title: t('config.manifest.service', 'Headless Service'),
      about: t(
        'config.manifest.service-help',
        'One DNS name for all Falco pods: falco-metrics-headless.falco.svc.cluster.local:8765.'
      ),
      text: MANIFESTS['headless-service.yaml'],
    },
    {
      title: t('config.manifest.node-exporter', 'Headless Service for node_exporter'),
      about: t(
        'config.manifest.node-exporter-help',
        'One DNS name for all pods of the Helm chart prometheus-node-exporter: prometheus-node-exporter-headless.monitoring.svc.cluster.local:9100.'
      ),
      text: MANIFESTS['node-exporter-service.yaml'],
    },
    {
      title: verbatim('NetworkPolicy'),
      about: t(
        'config.manifest.policy-help',
        'Allows the scraper to reach Falco and Falcosidekick, and Falco to reach Falcosidekick.'
      ),
      text: MANIFESTS['network-policy.yaml'],
    },
  ];
}
