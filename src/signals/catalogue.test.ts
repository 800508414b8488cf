import { catalogue } from '.';
import { allowedFilters } from './compile';
import { links } from './links';

const options = { identity: ['cluster', 'node'], targetLabels: [] };
const metricsOf = (expr: string) => [...expr.matchAll(/([a-z_][a-z0-9_]*)\{/gi)].map(([, name = '']) => name);
const filteredMetrics = (expr: string) =>
  [...expr.matchAll(/([a-z_][a-z0-9_]*)\{[^}]*\$filter\}/gi)].map(([, name = '']) => name);
/** Metrics of the node as such, which every filter on something else leaves alone. */
const fact = /^up$|_info$|^falco_target_|^falcosecurity_falco_host_num_cpus_total$/;
/** Series without the query's filters, brought to what is filtered by a join. */
const joined = /^$|^up$|falcosidekick|^falco_events$|rules_matches|^falco_(alerts?|canary)_|^container_|^kube_/;

describe('the catalogue', () => {
  it('has the signals whose ids are public', () => {
    expect(catalogue.signals.map(({ id }) => id).sort()).toEqual([
      'alerts-received-rate',
      'availability-ratio',
      'blind-time',
      'cached-lookup-ratio',
      'canary-delivery-time',
      'canary-elapsed-time',
      'canary-last-arrival',
      'canary-round-trip-time',
      'captured-syscall-ratio',
      'clock-ahead',
      'clock-difference',
      'config-baseline-drift',
      'config-drift',
      'connection-failures',
      'container-data-loss',
      'container-memory',
      'context-switch-rate',
      'cpu-capacity-ratio',
      'cpu-capacity-since-start-ratio',
      'cpu-drop-imbalance',
      'cpu-drop-ratio',
      'cpu-limit-ratio',
      'cpu-throttled-ratio',
      'cpu-time-per-event',
      'cpu-usage-avg-ratio',
      'cpu-usage-ratio',
      'cpu-usage-since-start-ratio',
      'crash-loops',
      'crashes-while-scraped',
      'delivered-event-rate',
      'delivery-loss-ratio',
      'delivery-on-time-ratio',
      'delivery-time-p50',
      'delivery-time-p95',
      'delivery-time-p99',
      'destination-error-ratio',
      'destination-output-rate',
      'device-drop-ratio',
      'downtime',
      'duplicate-alerts',
      'early-drop-ratio',
      'engine-drift',
      'event-timeouts',
      'fd-lookup-failure-ratio',
      'fleet-event-rate',
      'fleet-syscall-rate',
      'host-context-switch-rate',
      'host-cpu-busy-ratio',
      'host-cpu-pressure-ratio',
      'host-cpu-usage-ratio',
      'host-disk-busy-ratio',
      'host-disk-latency',
      'host-io-pressure-ratio',
      'host-memory-pressure-ratio',
      'host-memory-used',
      'host-network-rate',
      'host-open-fds',
      'host-procs-running',
      'host-run-queue-delay-ratio',
      'host-tcp-listen-drop-rate',
      'host-tcp-retransmission-ratio',
      'hot-reload-failures',
      'instances-per-kernel',
      'iterator-drop-rate',
      'iterator-event-rate',
      'jemalloc-memory',
      'kernel-drift',
      'kernel-drop-rate',
      'kernel-drop-ratio',
      'kernel-drop-since-start-ratio',
      'kernel-event-rate',
      'kernel-event-rate-per-cpu',
      'last-termination',
      'loss-after-sidekick-ratio',
      'loss-before-sidekick-ratio',
      'lost-events',
      'lost-process-events',
      'matches-by-priority',
      'matches-by-rule',
      'matches-by-source',
      'matches-by-tag',
      'memory-limit-ratio',
      'memory-limit-remaining-time',
      'memory-per-event',
      'memory-pss',
      'memory-rss',
      'memory-rss-avg',
      'memory-vsz',
      'minutes-with-drops-ratio',
      'missed-canaries',
      'missing-instances',
      'monitored-kernels',
      'node-cpu-since-start-ratio',
      'nodes-by-config',
      'nodes-by-rules',
      'nodes-by-version',
      'nodes-without-falco',
      'noisiest-rules-ratio',
      'outputs-queue-drops',
      'page-fault-rate',
      'preemption-rate',
      'probe-cpu-ratio',
      'probe-run-time',
      'recurring-restarts',
      'reloads',
      'restarts',
      'retrieve-failure-ratio',
      'ring-buffer-memory',
      'rule-match-rate',
      'rules-baseline-drift',
      'rules-drift',
      'scrape-duration',
      'server-load',
      'sidekick-goroutines',
      'sidekick-input-rate',
      'sidekick-memory',
      'sidekick-memory-limit-ratio',
      'sidekick-restarts',
      'sidekick-up',
      'signal-rate',
      'silent-rules',
      'slow-crash-loops',
      'source-up',
      'stalled',
      'store-drop-rate',
      'thread-lookup-failure-ratio',
      'thread-table-drops',
      'thread-table-usage-ratio',
      'total-cpu-cost',
      'tracepoint-cpu-ratio',
      'tracepoint-rate',
      'tracked-containers',
      'up',
      'uptime',
      'userspace-event-rate',
      'userspace-lag',
      'version-baseline-drift',
      'version-drift',
    ]);
  });

  it('says which signals hold nodes against each other', () => {
    const relative = catalogue.signals.filter((signal) => signal.comparesNodes).map(({ id }) => id);
    const skews = ['version', 'engine', 'kernel', 'rules', 'config'].map((what) => `${what}-drift`);
    const perKernel = ['monitored-kernels', 'fleet-event-rate', 'fleet-syscall-rate'];
    expect(relative.sort()).toEqual(
      [...skews, 'nodes-without-falco', 'container-data-loss', 'instances-per-kernel', ...perKernel].sort()
    );
  });

  it('names the totals that count each kernel once, and marks only sums as too high on shared kernels', () => {
    const { signal, totals } = catalogue.sharedKernel;
    const ids = catalogue.signals.map(({ id }) => id);
    expect([signal, ...totals].filter((id) => !ids.includes(id))).toEqual([]);
    const marked = catalogue.signals.filter(({ addsHostEvents }) => addsHostEvents);
    expect(marked.map(({ id }) => id)).toContain('kernel-event-rate');
    expect(marked.filter(({ expr }) => !/^(clamp_min\()?sum by \(\$groupBy\)/.test(expr))).toEqual([]);
    expect(marked.filter(({ unit }) => unit === 'percentunit')).toEqual([]);
  });

  it('has five dimensions', () => {
    expect(catalogue.dimensions.map(({ id }) => id).sort()).toEqual([
      'continuity',
      'data-quality',
      'delivery',
      'resources',
      'security',
    ]);
  });
});

describe.each(catalogue.signals)('$id', (signal) => {
  it('has its id in words and one title', () => {
    expect(signal.id).toMatch(/^[a-z]+(-[a-z0-9]+)*$/);
    expect(catalogue.signals.filter(({ title }) => title === signal.title)).toEqual([signal]);
  });

  it('is told in a line without a full stop and in sentences', () => {
    expect(signal.summary).toMatch(/^[A-Z].*[^.]$/);
    expect(signal.description).toMatch(/^[A-Z0-9].*\.$/);
  });

  it('counts only counters', () => {
    const counted = [...signal.expr.matchAll(/(?:rate|increase)\(([a-z0-9_]+)/g)].map(([, name = '']) => name);
    const gauges = /_(ratio|bytes|info|timestamp_nanoseconds)$|num_cpus_total|_avg_time_|^up$/;
    expect(counted.filter((name) => gauges.test(name))).toEqual([]);
  });

  it('has $filter at the end of every selector that is not brought to a filtered one by a join', () => {
    const selectors = [...signal.expr.matchAll(/([a-z_0-9]*)(\{[^}]*\})/gi)];
    const unfiltered = selectors.filter(([, , braces = '']) => !braces.endsWith('$filter}'));
    expect(unfiltered.map(([, name = '']) => name).filter((name) => !joined.test(name))).toEqual([]);
    expect(unfiltered.length === 0 || signal.expr.includes('$filter}')).toBe(true);
  });

  it('can be grouped by an info label only where it joins one', () => {
    const joins = signal.groupBy.allowed.some((name) => catalogue.groupings.some(({ id }) => id === name));
    expect(joins).toBe(signal.expr.includes('$join'));
  });

  // A filter that reached one term of a formula and not the other would give a false figure.
  it('is filtered as a whole', () => {
    const own = allowedFilters(catalogue, signal, options).filter(
      (name) => !options.identity.includes(name) && catalogue.groupings.every(({ id }) => id !== name)
    );
    const halves = own.filter((name) =>
      filteredMetrics(signal.expr).some((m) => !fact.test(m) && !catalogue.metricLabels[m]?.includes(name))
    );
    expect(halves).toEqual([]);
  });

  it('needs only metrics that it reads', () => {
    const read = metricsOf(signal.expr);
    const patterns = [...signal.expr.matchAll(/__name__=~"([^"]+)"/g)].map(([, p = '']) => new RegExp(`^(?:${p})$`));
    const unread = signal.needs.filter(({ metric }) => !read.includes(metric) && !patterns.some((p) => p.test(metric)));
    expect(unread).toEqual([]);
  });

  it('judges in rising order, and says why', () => {
    const { direction, warning, critical, because = 'x.', source = links.metrics } = signal.thresholds ?? {};
    const bounds = [warning, critical].filter((bound) => bound !== undefined);
    expect(bounds).toEqual([...bounds].sort((a, b) => (direction === 'below' ? b - a : a - b)));
    expect(because).toMatch(/\.$/);
    expect(source).toMatch(/^https:/);
  });

  it('advises in whole sentences with a cost', () => {
    const pieces = signal.advice.flatMap(({ when, change, cost }) => [when, change, cost]);
    expect(pieces.filter((piece) => !/^[A-Zs].*\.$/.test(piece))).toEqual([]);
  });
});
