import { type TargetKind } from './types';

/** What the plugin's backend needs to know about Falco, Falcosidekick and node_exporter to scrape them and to explain failures. */
export interface Scraping {
  /** Where each kind of target serves its metrics by default, and what to check if it does not. */
  endpoints: Endpoint[];
  /** Servers of the same products that people take for a metrics endpoint. */
  otherServers: Array<{ port: number; server: string }>;
  /**
   * Falco from version `since` serves a snapshot of its metrics that it refreshes every `intervalSeconds`. Requests that
   * overlap can crash an older Falco; `olderVersions` is a regular expression for those versions.
   */
  snapshot: { since: string; olderVersions: string; intervalSeconds: number };
  /** Counters that the scraper writes for every target beside `up`. */
  targetCounters: {
    /** Connections that were refused, reset or cut off: they show a crash loop whose process is never scraped. */
    connectionFailures: string;
    /** Responses that were cut off and followed by a new start time. */
    crashesWhileScraped: string;
    /** Scrapes that showed that counters had fallen without a restart and have come back. */
    counterDips: string;
  };
  /** What to change where the host name that Falco reports is not the name of the node; a sentence without a full stop. */
  hostNameFix: string;
  /** Metric of the start time in unix seconds, for targets that do not export {@link Reading.start}. */
  processStartMetric: string;
  /** Values of metrics with this suffix are unix times in nanoseconds, which a double cannot hold. */
  nanosecondTimeSuffix: string;
  /**
   * Metrics of BPF programs contain the program's name, which the kernel truncates to `nameLength` characters, so several
   * programs may share a series.
   */
  truncatedPrograms: { prefixes: string[]; nameLength: number; suffixes: string[] };
}

export interface Endpoint {
  kind: TargetKind;
  title: string;
  port: number;
  path: string;
  /** Completes "Check that …" when nothing listens. */
  running: string;
  /** Causes of a 404, apart from a wrong path. `starting` is only a cause for the first minutes. */
  notFound?: { starting: string; disabled: string; fix: string };
  /** What is unknown without a target of this kind: a sentence without its full stop. */
  unseen?: string;
  /** The port and the labels of the Service with the metrics, as the Helm chart creates it. */
  service: { port: string; labels: Record<string, string> };
}

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
