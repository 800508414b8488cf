import { catalogue } from '.';
import { allowedFilters } from './compile';
import { links } from './links';

const options = { identity: ['cluster', 'node'], targetLabels: [] };
const metricsOf = (expr: string) => [...expr.matchAll(/([a-z_][a-z0-9_]*)\{/gi)].map(([, name = '']) => name);
const facts = ['up', 'falcosecurity_falco_host_num_cpus_total'];

describe('the catalogue', () => {
  it('has the signals whose ids are public', () => {
    expect(catalogue.signals.map(({ id }) => id).sort()).toEqual([
      'container-memory',
      'cpu-drop-ratio',
      'cpu-usage-lifetime',
      'cpu-usage-recent',
      'kernel-drop-rate',
      'kernel-drop-ratio',
      'kernel-event-rate',
      'kernel-event-rate-per-cpu',
      'memory-pss',
      'memory-rss',
      'memory-vsz',
      'outputs-queue-drops',
      'probe-cpu-share',
      'probe-time-per-run',
      'server-load',
      'tracepoint-rate',
      'up',
      'uptime',
    ]);
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

  it('has $filter at the end of every selector', () => {
    expect(signal.expr.match(/\{[^}]*\}/g)?.filter((selector) => !selector.endsWith('$filter}'))).toEqual([]);
  });

  it('can be grouped by an info label only where it joins one', () => {
    expect(signal.by.allowed.length > 0).toBe(signal.expr.includes('$join'));
  });

  // A filter that reached one term of a formula and not the other would give a false figure.
  it('is filtered as a whole', () => {
    const own = allowedFilters(catalogue, signal, options).filter(
      (name) => !options.identity.includes(name) && catalogue.groupings.every(({ id }) => id !== name)
    );
    const halves = own.filter((name) =>
      metricsOf(signal.expr).some((m) => !facts.includes(m) && !catalogue.metricLabels[m]?.includes(name))
    );
    expect(halves).toEqual([]);
  });

  it('needs only metrics that it reads', () => {
    const read = metricsOf(signal.expr);
    expect(signal.needs.map(({ metric }) => metric).filter((metric) => !read.includes(metric))).toEqual([]);
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
