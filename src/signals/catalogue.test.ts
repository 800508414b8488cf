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
const joined = /^$|^up$|falcosidekick|^falco_events$|rules_matches|^container_|^kube_/;

describe('the catalogue', () => {
  it('has the signals whose ids are public', () => {
    expect(catalogue.signals.map(({ id }) => id).sort()).toEqual([
      'availability',
      'blind-minutes',
      'cached-lookup-share',
      'canary-age',
      'canary-delay',
      'config-off-baseline',
      'config-skew',
      'container-memory',
      'context-switch-rate',
      'cost-per-event',
      'cpu-drop-ratio',
      'cpu-drop-skew',
      'cpu-limit-share',
      'cpu-share-of-node',
      'cpu-throttled',
      'cpu-usage-lately',
      'cpu-usage-lifetime',
      'cpu-usage-recent',
      'crash-loops',
      'destination-error-ratio',
      'destination-outputs',
      'device-drop-ratio',
      'drop-minutes-share',
      'drop-ratio-since-reset',
      'early-drop-ratio',
      'engine-skew',
      'event-timeouts',
      'events-delivered',
      'events-lost',
      'fd-lookup-failures',
      'host-cpu-usage',
      'host-memory-used',
      'host-open-fds',
      'host-procs-running',
      'hot-restart-failures',
      'iterator-drops',
      'iterator-events',
      'jemalloc-memory',
      'kernel-drop-rate',
      'kernel-drop-ratio',
      'kernel-event-rate',
      'kernel-event-rate-per-cpu',
      'kernel-skew',
      'last-termination',
      'loss-to-destinations',
      'loss-to-sidekick',
      'matches-by-priority',
      'matches-by-rule',
      'matches-by-source',
      'matches-by-tag',
      'memory-limit-eta',
      'memory-limit-share',
      'memory-per-event',
      'memory-pss',
      'memory-rss',
      'memory-rss-mean',
      'memory-vsz',
      'nodes-by-version',
      'nodes-missing',
      'nodes-without-falco',
      'noisiest-rules-share',
      'outputs-queue-drops',
      'page-fault-rate',
      'preemption-rate',
      'probe-cpu-share',
      'probe-time-per-run',
      'process-start-loss',
      'reloads',
      'restarts',
      'retrieve-failure-share',
      'ring-buffer-memory',
      'rule-match-rate',
      'rules-off-baseline',
      'rules-skew',
      'scrape-duration',
      'seconds-down',
      'server-load',
      'sidekick-inputs',
      'sidekick-up',
      'signal-rate',
      'silent-rules',
      'sources-alive',
      'store-drops',
      'syscall-take-share',
      'thread-lookup-failures',
      'thread-table-drops',
      'thread-table-fill',
      'total-cpu-cost',
      'tracepoint-cpu-share',
      'tracepoint-rate',
      'up',
      'uptime',
      'userspace-stall',
      'version-off-baseline',
      'version-skew',
    ]);
  });

  it('says which signals hold nodes against each other', () => {
    const relative = catalogue.signals.filter((signal) => signal.relative).map(({ id }) => id);
    const skews = ['version', 'engine', 'kernel', 'rules', 'config'].map((what) => `${what}-skew`);
    expect(relative.sort()).toEqual([...skews, 'nodes-without-falco'].sort());
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
    expect(signal.id).toMatch(/^[a-z]+(-[a-z]+)*$/);
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
    const joins = signal.by.allowed.some((name) => catalogue.groupings.some(({ id }) => id === name));
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
