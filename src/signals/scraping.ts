import { type Scraping } from './types';

export const scraping: Scraping = {
  endpoints: [
    {
      kind: 'falco',
      title: 'Falco',
      port: 8765,
      path: '/metrics',
      running: 'Falco is running with its web server enabled (webserver.enabled, webserver.listen_port)',
      notFound: {
        starting: 'Falco is starting',
        disabled: 'its metrics are off (metrics.enabled and webserver.prometheus_metrics_enabled must be true)',
        fix: 'Set metrics.enabled and webserver.prometheus_metrics_enabled to true in falco.yaml',
      },
      service: { port: 'metrics', labels: { 'app.kubernetes.io/name': 'falco', type: 'falco-metrics' } },
    },
    {
      kind: 'falcosidekick',
      title: 'Falcosidekick',
      port: 2801,
      path: '/metrics',
      running: 'Falcosidekick is running',
      unseen: 'Whether alerts reach Falcosidekick and its destinations is unknown',
      service: {
        port: 'http',
        labels: { 'app.kubernetes.io/name': 'falcosidekick', 'app.kubernetes.io/component': 'core' },
      },
    },
    {
      kind: 'node-exporter',
      title: 'node_exporter',
      port: 9100,
      path: '/metrics',
      running: 'node_exporter is running (--web.listen-address)',
      service: { port: 'metrics', labels: { 'app.kubernetes.io/name': 'prometheus-node-exporter' } },
    },
  ],
  otherServers: [{ port: 9765, server: 'the webhook of the k8saudit plugin' }],
  snapshot: {
    since: '0.45.1',
    olderVersions: '0[.](?:[0-9]|[1-3][0-9]|4[0-4])[.].+|0[.]45[.]0.*',
    intervalSeconds: 1,
  },
  targetCounters: {
    connectionFailures: 'falco_target_connection_failures_total',
    crashesWhileScraped: 'falco_target_crashes_while_scraped_total',
    counterDips: 'falco_target_counter_dips_total',
  },
  hostNameFix:
    'Set the environment variable FALCO_HOSTNAME of Falco to the name of the node (spec.nodeName), as the Helm chart does since 8.0.4',
  processStartMetric: 'process_start_time_seconds',
  nanosecondTimeSuffix: 'timestamp_nanoseconds',
  truncatedPrograms: {
    prefixes: ['falcosecurity_scap_', 'scap_'],
    nameLength: 15,
    suffixes: ['run_cnt', 'run_time_nanoseconds', 'avg_time_nanoseconds'].flatMap((name) => [
      `_${name}`,
      `_${name}_total`,
    ]),
  },
};
