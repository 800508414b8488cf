import { syscallEngines } from './needs';
import { collectors, deviceMetrics, nodeExporterHost } from './node-exporter';
import { priorities, rulesMatches } from './rules';
import { scraping } from './scraping';
import { events, olderEvents } from './sidekick';
import { type Grouping, type PriorityLabel, type Reading, type Switch } from './types';

const version = { metric: 'falcosecurity_falco_version_info', label: 'version' };
// Falco has one engine for syscalls and one engine named source_plugin for each plugin source. Up
// to 0.40
// the series has no source label, so the engine name selects the right one.
const engine = { metric: 'falcosecurity_scap_engine_name_info', label: 'engine_name' };
const kernel = { metric: 'falcosecurity_falco_kernel_release_info', label: 'kernel_release' };

export const groupings: Grouping[] = [
  { id: 'version', ...version },
  { id: 'engine', ...engine, matchers: 'engine_name!="source_plugin"' },
  { id: 'kernel', ...kernel },
];

/**
 * Labels of metrics that filters may use. `drop` and `dir` of
 * falcosecurity_scap_n_drops_buffer_total are not included: they would filter one term of
 * `kernel-drop-rate` but not the others and falsify the cause uncategorised. A signal can only be
 * filtered by the labels that all of its metrics listed here have.
 */
export const metricLabels: Record<string, string[]> = {
  falcosecurity_scap_n_evts_cpu_total: ['cpu'],
  falcosecurity_scap_n_drops_cpu_total: ['cpu'],
  [rulesMatches]: ['rule_name', 'source', 'priority'],
  falcosecurity_falcosidekick_inputs_total: ['status'],
  falcosidekick_inputs: ['status'],
  falcosecurity_falcosidekick_outputs_total: ['destination', 'status'],
  falcosidekick_outputs: ['destination', 'status'],
  [events]: ['priority'],
  [olderEvents]: ['priority'],
  falco_alert_delivery_seconds_bucket: ['path', 'priority', 'source'],
  falco_alert_delivery_seconds_count: ['path', 'priority', 'source'],
  falco_alerts_on_time_total: ['path', 'priority', 'source'],
  falco_alerts_received_total: ['path', 'priority', 'source', 'rule'],
  falco_alert_duplicates_total: ['path'],
  falco_alert_minimum_delay_seconds: ['path'],
  falco_canary_last_arrival_timestamp_seconds: ['path'],
  falco_canary_delivery_seconds: ['path'],
  ...Object.fromEntries(deviceMetrics.map((metric) => [metric, ['device']])),
};

/** The words, from the most severe on, with the values that stand for them. */
const priorityWords = Object.values(priorities);
const capitalized = priorityWords.map((word) => word.charAt(0).toUpperCase() + word.slice(1));

export const priority: PriorityLabel = {
  label: 'priority',
  words: priorityWords,
  digits: Object.keys(priorities),
  values: {
    [rulesMatches]: Object.keys(priorities),
    // Falcosidekick counts in the opposite direction. Up to 2.29 it wrote words.
    [events]: ['8', '7', '6', '5', '4', '3', '2', '1'],
    [olderEvents]: capitalized,
    // The alert receiver writes the words of Falco's alerts.
    ...Object.fromEntries(
      Object.keys(metricLabels)
        .filter((metric) => metric.startsWith('falco_alert') && metricLabels[metric]?.includes('priority'))
        .map((metric) => [metric, capitalized])
    ),
  },
};

/** Their label `hostname` tells which Falco they are about. */
export const metricsByHost = [events, olderEvents];

export const reading: Omit<Reading, 'keepMetrics' | 'keepSeries'> = {
  host: { metric: 'falcosecurity_evt_hostname_info', label: 'hostname' },
  nodeExporterHost,
  collectors,
  start: { metric: 'falcosecurity_falco_start_timestamp_nanoseconds' },
  reload: { metric: 'falcosecurity_falco_reload_timestamp_nanoseconds' },
  counters: {
    include: [
      'falcosecurity_(falco|scap|falcosidekick)_.*_total',
      'falcosecurity_plugins_container_n_missing_container_images_total',
      'falcosidekick_(in|out)puts',
      'falco_events',
    ].join('|'),
    exclude: [
      // Gauges, whatever their suffix says.
      'falcosecurity_falco_host_(num_cpus|procs_running|open_fds)_total',
      'falcosecurity_scap_n_(threads|fds|containers|missing_container_images)_total',
      // Falco takes a failure back when it turns out to be none.
      'falcosecurity_scap_n_failed_(thread|fd)_lookups_total',
    ].join('|'),
  },
  facts: [
    { id: 'version', ...version },
    { id: 'engine', ...engine, last: ['source_plugin'] },
    { id: 'kernel', ...kernel },
  ],
  identifyingMetrics: [
    { kind: 'falco', prefix: 'falcosecurity_falco_' },
    { kind: 'falco', prefix: 'falcosecurity_scap_' },
    { kind: 'falco', prefix: 'falcosecurity_evt_' },
    { kind: 'falco', prefix: 'falcosecurity_plugins_' },
    { kind: 'falcosidekick', prefix: 'falcosecurity_falcosidekick_' },
    { kind: 'falcosidekick', prefix: 'falcosidekick_' },
    { kind: 'falcosidekick', prefix: 'falco_events' },
    { kind: 'node-exporter', prefix: 'node_' },
  ],
  // Labels for namespaces, pods and custom fields would create a series per alert. Only these
  // labels are kept.
  keepLabels: [events, olderEvents].map((metric) => ({
    metric,
    labels: ['hostname', 'rule', 'priority', 'priority_raw', 'source'],
  })),
  // The mqtt output writes the text of the error where other outputs write "error".
  replaceValues: ['falcosecurity_falcosidekick_outputs_total', 'falcosidekick_outputs'].map((metric) => ({
    metric,
    label: 'status',
    allowed: ['ok', 'error'],
    otherwise: 'error',
  })),
  oldestVersion: '0.39',
  scraping,
};

/**
 * Settings that the health check can recognise as off. Rule counters, plugin metrics, jemalloc and
 * iterator counters are not included, because their absence proves nothing: a rule has no series
 * before its first match.
 */
export const switches: Switch[] = [
  {
    config: 'metrics.kernel_event_counters_enabled',
    metric: 'falcosecurity_scap_n_evts_total',
    engines: ['modern_bpf', 'kmod', 'bpf'],
  },
  {
    config: 'metrics.libbpf_stats_enabled',
    metric: 'falcosecurity_scap_sys_exit_run_cnt_total',
    engines: ['modern_bpf', 'bpf'],
    host: 'kernel.bpf_stats_enabled=1',
    cost: 'the kernel then measures every run of every BPF program on the host',
  },
  {
    config: 'metrics.resource_utilization_enabled',
    metric: 'falcosecurity_falco_memory_rss_bytes',
    engines: syscallEngines,
  },
  { config: 'metrics.state_counters_enabled', metric: 'falcosecurity_scap_n_threads_total', engines: syscallEngines },
  {
    config: 'metrics.kernel_event_counters_per_cpu_enabled',
    metric: 'falcosecurity_scap_n_evts_cpu_total',
    anyOf: ['falcosecurity_scap_n_evts_dev_0_total'],
    engines: ['modern_bpf', 'kmod', 'bpf'],
    since: '0.39',
    cost: 'two more series for every possible CPU of the node',
    offByDefault: true,
  },
];
