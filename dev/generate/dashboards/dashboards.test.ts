/**
 * @jest-environment node
 */
import { readFileSync } from 'node:fs';
import plugin from '../../../plugin.json';
import { catalogue } from '../../../src/signals';
import { dashboards } from './index';
import { panelIds } from './overview';

interface Query {
  queryType: string;
  signals?: string[];
  groupBy?: string[];
  limit?: number;
  filters?: Array<{ key: string; value: string }>;
}

interface Panel {
  id: number;
  type: string;
  title: string;
  description?: string;
  gridPos: { x: number; y: number; w: number; h: number };
  targets?: Query[];
}

const built = Object.entries(dashboards).map(([path, build]) => {
  const dashboard = build();
  const all = (dashboard.panels ?? []) as unknown as Panel[];
  const panels = all.filter(({ type }) => type !== 'row');
  return { path, dashboard, all, panels, queries: panels.flatMap(({ targets = [] }) => targets) };
});

const signalOf = (id: string) => catalogue.signals.find((signal) => signal.id === id);

/** Whether a query has a series for every node; of Falcosidekicks there are few. */
function byNode({ queryType, signals = [], groupBy, limit }: Query): boolean {
  const falcos = signals.map(signalOf).filter((signal) => signal?.targetKind !== 'falcosidekick');
  const series = falcos.some((signal) => (groupBy ?? signal?.groupBy.default)?.includes('$identity'));
  return queryType === 'signal' && limit === undefined && series;
}

describe.each(built)('$dashboard.title', ({ dashboard, all, panels, queries }) => {
  it('says of every panel how to read it, and uses only the panels that can be drawn everywhere', () => {
    const drawn = ['stat', 'timeseries', 'table', 'bargauge', 'text', 'state-timeline'];
    expect(panels.filter(({ description }) => !description?.endsWith('.')).map(({ title }) => title)).toEqual([]);
    expect(panels.filter(({ type }) => !drawn.includes(type)).map(({ title }) => title)).toEqual([]);
  });

  it('has panels that neither overlap nor leave the grid, each with its own number', () => {
    const cells = panels.flatMap(({ gridPos: { x, y, w, h } }) =>
      Array.from({ length: w * h }, (_, i) => `${x + (i % w)},${y + Math.floor(i / w)}`)
    );
    expect(new Set(cells).size).toBe(cells.length);
    expect(panels.filter(({ gridPos }) => gridPos.x + gridPos.w > 24)).toEqual([]);
    const ids = all.map(({ id }) => id);
    expect(new Set(ids).size).toBe(ids.length);
  });

  it('asks for what the catalogue knows, never for PromQL of its own', () => {
    expect(queries.filter(({ queryType }) => queryType === 'promql')).toEqual([]);
  });

  it('begins every group with a help text', () => {
    const firsts = all.filter((_, i) => i === 0 || all[i - 1]?.type === 'row');
    expect(firsts.map(({ type }) => type)).toEqual(firsts.map(() => 'text'));
  });

  it('uses every variable it offers, and offers every one it uses', () => {
    const text = JSON.stringify(dashboard);
    const offered = (dashboard.templating?.list ?? []).map(({ name }) => name);
    // What is Grafana's own, or ours in an expression, begins with two underscores or stands for labels.
    const used = [...text.matchAll(/\$\{?(\w+)/g)]
      .map(([, name = '']) => name)
      .filter((name) => !name.startsWith('__'));
    expect([...new Set(used)].filter((name) => name !== 'identity' && !/^\d+$/.test(name)).sort()).toEqual(
      offered.sort()
    );
  });

  it('asks only for the chosen clusters, and for the chosen nodes wherever there are any', () => {
    const ofCluster = ({ filters = [] }: Query) =>
      filters.some(({ key, value }) => key === 'cluster' && value === '${cluster:regex}');
    expect(queries.filter((query) => !ofCluster(query))).toEqual([]);
    // Falcosidekick is no node of its Falcos, and a node that is missing has no name.
    const ofNode = ({ filters = [] }: Query) => filters.some(({ key }) => key === 'node');
    const ids = queries.filter((query) => !ofNode(query)).flatMap(({ signals = [] }) => signals);
    const withoutNode =
      /^(sidekick.*|destination-.*|loss-after-sidekick-ratio|nodes-without-falco|outputs-queue|loss-before-sidekick(-ratio)?|delivery-(loss|on-time)|canary|clock-ahead)$/;
    expect(ids.filter((id) => !withoutNode.test(id))).toEqual([]);
  });

  it('fits 200 nodes: no graph has a line for every node, but on the dashboards of a single one', () => {
    const graphs = panels.filter(({ type }) => type === 'timeseries' || type === 'state-timeline');
    const lines = graphs.flatMap(({ title, targets = [] }) => targets.filter(byNode).map(() => title));
    expect(['falco-node', 'falco-tuning'].includes(dashboard.uid ?? '') ? [] : lines).toEqual([]);
  });

  it('leads to the others and to its chapter in the documentation, and marks what happened', () => {
    const [others, reading] = dashboard.links ?? [];
    expect(others).toMatchObject({ type: 'dashboards', tags: ['falco'], keepTime: true, includeVars: true });
    expect(reading?.url).toMatch(new RegExp(`/docs/dashboards\\.md#${dashboard.uid}$`));
    expect(readFileSync('docs/dashboards.md', 'utf8')).toContain(`## ${dashboard.uid}\n`);
    expect(dashboard.annotations?.list?.[0]).toMatchObject({
      enable: true,
      target: { queryType: 'events', groupBy: [] },
    });
  });
});

describe('the dashboards together', () => {
  it('have names of their own, and are those that the plugin ships', () => {
    const uids = built.map(({ dashboard }) => dashboard.uid);
    expect(new Set(uids).size).toBe(uids.length);
    expect(plugin.includes).toEqual(
      built.map(({ path, dashboard }) => ({ type: 'dashboard', name: dashboard.title, path }))
    );
  });

  it('lead only to dashboards and variables that there are', () => {
    const uids = built.map(({ dashboard }) => dashboard.uid);
    const wanted = built.flatMap(({ dashboard }) =>
      [...JSON.stringify(dashboard).matchAll(/"\/d\/([\w-]+)\?/g)].map(([, uid]) => uid)
    );
    expect(wanted.length).toBeGreaterThan(0);
    expect(wanted.filter((uid) => !uids.includes(uid))).toEqual([]);
  });

  it('show every signal somewhere', () => {
    const queries = built.flatMap((dashboard) => dashboard.queries).filter(({ queryType }) => queryType === 'signal');
    const leftOut = catalogue.signals.filter(({ id }) => !queries.some(({ signals = [] }) => signals.includes(id)));
    // These appear as checks in the health tables only.
    expect(leftOut.map(({ id }) => id)).toEqual([
      'early-drop-ratio',
      'thread-table-drops',
      'missing-instances',
      'recurring-restarts',
      'slow-crash-loops',
      'clock-difference',
      'cpu-capacity-ratio',
      'cpu-capacity-since-start-ratio',
      'cpu-throttled-ratio',
      'sidekick-memory-limit-ratio',
      'container-data-loss',
    ]);
  });

  it('keep the panels that alert rules lead to', () => {
    const overview = built.find(({ dashboard }) => dashboard.uid === 'falco-overview');
    const titles = Object.values(panelIds).map((wanted) => overview?.panels.find(({ id }) => id === wanted)?.title);
    expect(titles).toEqual(['Falco up', 'Kernel drops', 'Dropped alerts']);
    expect(panelIds).toEqual({ up: 22, kernelDrops: 11, alertsLost: 4 });
  });
});
