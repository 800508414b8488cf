/**
 * @jest-environment node
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { parse } from 'yaml';
import { rules } from '.';
import { page, type AlertRule } from './rule';
import { place, placeOf } from './place';
import { recordedName } from './prometheus';

const groups = parse(readFileSync('provisioning/alerting/falco.yaml', 'utf8')).groups as Array<{ rules: Shipped[] }>;
const grafana = { rules: groups.flatMap(({ rules }) => rules) };
const prometheus: Array<{ record?: string; alert?: string; annotations: Record<string, string> }> = parse(
  readFileSync('provisioning/prometheus/falco.rules.yaml', 'utf8')
).groups[0].rules;

interface Shipped {
  uid: string;
  condition: string;
  data: Array<{ refId: string; datasourceUid: string; model: Record<string, unknown> }>;
  annotations: Record<string, string>;
  labels: Record<string, string>;
}

const shipped = (rule: AlertRule): Shipped => grafana.rules.find(({ uid }: Shipped) => uid === rule.uid)!;

it('keeps the names of rules: they are public', () => {
  expect(rules.map(({ uid }) => uid)).toEqual([
    'falco-kernel-drops-warning',
    'falco-kernel-drops-critical',
    'falco-drop-bursts',
    'falco-lost-process-events',
    'falco-stalled',
    'falco-container-data-loss',
    'falco-thread-table-filling',
    'falco-thread-table-full',
    'falco-node-down',
    'falco-cluster-unreachable',
    'falco-missing-instances',
    'falco-crash-loop',
    'falco-recurring-restarts',
    'falco-connection-failures',
    'falco-crash-while-scraped',
    'falco-shared-kernel',
    'falco-hot-reload-failed',
    'falco-event-timeouts',
    'falco-version-drift',
    'falco-rules-drift',
    'falco-config-drift',
    'falco-baseline-drift',
    'falco-memory-limit',
    'falco-memory-growth',
    'falco-cpu-ceiling',
    'falco-change-impact',
    'falco-outputs-queue-drops',
    'falco-sidekick-down',
    'falco-sidekick-restarts',
    'falco-sidekick-memory',
    'falco-sidekick-backlog',
    'falco-alerts-lost-before-sidekick',
    'falco-destination-errors',
    'falco-canary',
    'falco-delivery-fast-burn',
    'falco-delivery-slow-burn',
    'falco-alerts-lost',
    'falco-canary-missed',
    'falco-clock-ahead',
  ]);
});

it('has no rule on what healthy nodes have as well', () => {
  const unfit = [
    'host-cpu-usage-ratio',
    'fd-lookup-failure-ratio',
    'cpu-drop-imbalance',
    'cached-lookup-ratio',
    'silent-rules',
  ];
  expect(rules.filter(({ signal }) => unfit.includes(signal))).toEqual([]);
});

describe('Grafana', () => {
  it.each(rules)('$uid reduces the query and holds it against its bound', (rule) => {
    const { condition, data } = shipped(rule);
    expect(condition).toBe('C');
    expect(data.map(({ refId, datasourceUid }) => [refId, datasourceUid])).toEqual([
      ['A', 'falco-metrics'],
      ['B', '__expr__'],
      ['C', '__expr__'],
    ]);
    expect(data[1]!.model).toMatchObject({ type: 'reduce', expression: 'A', reducer: 'last' });
    const conditions = [{ evaluator: { type: rule.fires.type, params: [rule.fires.bound] } }];
    expect(data[2]!.model).toMatchObject({ type: 'threshold', expression: 'B', conditions });
  });

  it('writes the window of every signal that has one', () => {
    const windowless = rules
      .filter(({ report }) => !report)
      .filter((rule) => {
        const { queryType, window, expr } = shipped(rule).data[0]!.model;
        const catalogue = readFileSync('pkg/signals/catalogue.json', 'utf8');
        const signal = (JSON.parse(catalogue).signals as Array<{ id: string; expr: string }>).find(
          ({ id }) => id === rule.signal
        )!;
        return queryType === 'signal' ? signal.expr.includes('$window') !== (window !== undefined) : !expr;
      });
    expect(windowless).toEqual([]);
  });

  it('has no dollar sign where Grafana expands variables of the environment', () => {
    for (const { annotations: _, ...expanded } of grafana.rules) {
      expect(JSON.stringify(expanded)).not.toContain('$');
    }
  });
});

describe('both', () => {
  it.each(rules)('$uid names whom it is about, says what to do and where to read on', (rule) => {
    const name = `Falco${page(rule).replaceAll(/(?:^|-)(\w)/g, (_, letter: string) => letter.toUpperCase())}`;
    const inPrometheus = prometheus.filter(({ alert }) => alert === name);
    expect(inPrometheus).toHaveLength(rule.report ? 0 : 1);
    for (const { annotations } of [shipped(rule), ...inPrometheus]) {
      expect(annotations['summary']).toMatch(/\{\{ \$labels\.(node|instance|cluster|destination) \}\}/);
      expect(annotations['description']).toMatch(/\.$/);
      expect(annotations['advice']).toContain('Cost: ');
      expect(annotations['runbook_url']).toMatch(new RegExp(`/docs/runbooks/${page(rule)}\\.md$`));
    }
  });
});

describe('runbooks', () => {
  it.each(rules)('$uid has its page, with what to look at and what to change', (rule) => {
    const path = `docs/runbooks/${page(rule)}.md`;
    expect(existsSync(path)).toBe(true);
    const text = readFileSync(path, 'utf8');
    expect(text.split('\n')[0]).toBe(`# ${rule.title}`);
    expect([...text.matchAll(/^## (.*)$/gm)].map(([, heading]) => heading)).toEqual([
      'What it means',
      'What to look at',
      'What to change',
    ]);
  });

  it.each(rules)('$uid leads to its panel, and its page to panels that there are', (rule) => {
    const text = readFileSync(`docs/runbooks/${page(rule)}.md`, 'utf8').replaceAll('\n', ' ');
    const named = [...text.matchAll(/_(Falco [^_]+)_, _([^_]+)_/g)].map(([, dashboard = '', panel = '']) => ({
      dashboard,
      panel,
    }));
    expect(named).toContainEqual(rule.look);
    expect(named.map(placeOf)).toContainEqual(place(rule));
  });

  it('are those of the rules and no others', () => {
    const pages = rules.map((rule) => `${page(rule)}.md`);
    expect(readdirSync('docs/runbooks').sort()).toEqual([...pages, 'README.md'].sort());
  });
});

describe('Prometheus', () => {
  it('records what alerts use, and alerts use what is recorded', () => {
    const recorded = prometheus.flatMap(({ record }) => record ?? []);
    const used = JSON.stringify(prometheus.filter(({ alert }) => alert)).match(/\w+:falco_\w+:\w+/g) ?? [];
    expect([...new Set(used)].sort()).toEqual([...recorded].sort());
  });

  it('records before it alerts', () => {
    const kinds = prometheus.map(({ record }) => (record ? 'record' : 'alert'));
    expect(kinds).toEqual([...kinds].sort().reverse());
  });

  it('names figures by level, metric, operation and version', () => {
    expect(recordedName('kernel-drop-ratio', '5m')).toBe('instance:falco_kernel_drop_ratio:rate5m_v1');
    expect(recordedName('thread-table-usage-ratio')).toBe('instance:falco_thread_table_usage_ratio:value_v1');
    expect(recordedName('destination-error-ratio', '15m')).toBe(
      'instance_destination:falco_destination_error_ratio:increase15m_v1'
    );
  });
});
