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
  window?: string;
  instant?: boolean;
  format?: string;
  signals?: string[];
  groupBy?: string[];
  limit?: number;
  text?: string;
  filters?: Array<{ key: string; value: string }>;
}

interface Panel {
  id: number;
  type: string;
  title: string;
  description?: string;
  gridPos: { x: number; y: number; w: number; h: number };
  targets?: Query[];
  fieldConfig?: {
    defaults?: { color?: { fixedColor?: string }; links?: unknown[] };
    overrides?: Array<{ properties: Array<{ id: string; value: unknown }> }>;
  };
  /** `content` of a text panel. */
  options?: {
    content?: string;
    showHeader?: boolean;
    sortBy?: Array<{ displayName: string }>;
    colorMode?: string;
    valueMode?: string;
  };
  /** Of a collapsed row. */
  panels?: Panel[];
}

const built = Object.entries(dashboards).map(([path, build]) => {
  const dashboard = build();
  const top = (dashboard.panels ?? []) as unknown as Panel[];
  const all = top.flatMap((panel) => [panel, ...(panel.panels ?? [])]);
  const panels = all.filter(({ type }) => type !== 'row');
  return { path, dashboard, top, all, panels, queries: panels.flatMap(({ targets = [] }) => targets) };
});

const signalOf = (id: string) => catalogue.signals.find((signal) => signal.id === id);

/** Whether a query has a series for every node; of Falcosidekicks there are few. */
function byNode({ queryType, signals = [], groupBy, limit }: Query): boolean {
  const falcos = signals.map(signalOf).filter((signal) => signal?.targetKind !== 'falcosidekick');
  const series = falcos.some((signal) => (groupBy ?? signal?.groupBy.default)?.includes('$identity'));
  return queryType === 'signal' && limit === undefined && series;
}

const isEmptyList = (value: unknown) => Array.isArray(value) && value.length === 0;

/** How the text or the title of a panel says what its window is. Values without a window are current. */
const WINDOWS: Record<string, RegExp> = {
  $__range: /the time range|in range/i,
  $__live: /so far/i,
  '5m': /(last|within) (five|5) minutes/,
  '10m': /(last|within) (ten|10) minutes/,
  '15m': /(last|within) 15 minutes/,
  '30m': /within 30 minutes/,
};

/** The windows of a panel's values: those of its queries for signals that look back. */
const windowsOf = ({ targets = [] }: Panel) =>
  targets
    .filter(({ signals = [] }) => signals.some((id) => signalOf(id)?.expr.includes('$window')))
    .flatMap(({ window }) => window ?? []);

/** Signals that count something within their window. */
const counts = catalogue.signals.filter(
  ({ expr, unit, decimals }) => decimals === 0 && unit !== 'percentunit' && /increase\(|resets\(|changes\(/.test(expr)
);
const isCount = (id: string) =>
  counts.some((signal) => signal.id === id && signal.values === undefined && id !== 'nodes-without-falco');

describe.each(built)('$dashboard.title', ({ dashboard, top, all, panels, queries }) => {
  it('says of every panel how to read it, and uses only the panels that can be drawn everywhere', () => {
    const drawn = ['stat', 'timeseries', 'table', 'bargauge', 'text', 'state-timeline', 'heatmap'];
    expect(panels.filter(({ description }) => !description?.endsWith('.')).map(({ title }) => title)).toEqual([]);
    expect(panels.filter(({ type }) => !drawn.includes(type)).map(({ title }) => title)).toEqual([]);
  });

  it('says which window its values have: once if they share one, otherwise in the titles', () => {
    const current = panels.filter(({ type }) => ['stat', 'table', 'bargauge'].includes(type));
    const windows = [...new Set(current.flatMap(windowsOf))];
    const help = panels.filter(({ type }) => type === 'text').map(({ options }) => options?.content ?? '');
    const shared = windows.length === 1 && help.some((text) => WINDOWS[windows[0]!]?.test(text));
    const untold = current.filter(
      (panel) => !shared && windowsOf(panel).some((window) => !WINDOWS[window]?.test(panel.title))
    );
    expect(untold.map(({ title }) => title)).toEqual([]);
  });

  it('says of a count over time within which time it counts', () => {
    const graphs = panels.filter(({ type }) => type === 'timeseries');
    const counting = graphs.filter(({ targets = [] }) => targets.some(({ signals = [] }) => signals.some(isCount)));
    const untold = counting.filter(({ title, targets = [] }) =>
      targets.some(({ window = '' }) => !WINDOWS[window]?.test(title))
    );
    expect(untold.map(({ title }) => title)).toEqual([]);
  });

  it('judges a tile over several nodes by its worst node', () => {
    const total = ({ groupBy, signals = [] }: Query) =>
      groupBy?.length === 0 &&
      signals.map(signalOf).some((signal) => signal?.thresholds && signal.unit === 'percentunit');
    const tiles = panels.filter(({ type, targets = [] }) => type === 'stat' && targets.some(total));
    expect(tiles.map(({ title }) => title)).toEqual([]);
  });

  it('leaves the colours of values to the data, so that a signal has the same everywhere', () => {
    const coloured = panels.filter(({ fieldConfig }) =>
      fieldConfig?.overrides?.some(({ properties }) => properties.some(({ id }) => id === 'thresholds'))
    );
    expect(coloured.map(({ title }) => title)).toEqual([]);
  });

  it('has coloured backgrounds only for verdicts', () => {
    const loud = panels.filter(({ type, options }) => type === 'stat' && options?.colorMode !== 'value');
    const others = loud.filter(({ targets = [] }) => targets.some(({ queryType }) => queryType !== 'health'));
    expect(others.map(({ title }) => title)).toEqual([]);
    expect(JSON.stringify(panels)).not.toContain('color-background');
  });

  it('writes a figure without thresholds in the colour of text, not in that of links', () => {
    const judged = (id: string) => Boolean(signalOf(id)?.thresholds ?? signalOf(id)?.values);
    const neutral = panels.filter(
      ({ type, targets = [] }) =>
        type === 'stat' &&
        targets.every(({ queryType, signals = [] }) => queryType === 'signal' && !signals.some(judged))
    );
    const wrong = neutral.filter(({ fieldConfig }) => fieldConfig?.defaults?.color?.fixedColor !== 'text');
    expect(wrong.map(({ title }) => title)).toEqual([]);
    const bars = panels.filter(({ type, options }) => type === 'bargauge' && options?.valueMode !== 'text');
    expect(bars.map(({ title }) => title)).toEqual([]);
  });

  it('has tables of one-line rows', () => {
    // A table without a header is a sentence.
    const tables = panels.filter(({ options }) => options?.showHeader !== false);
    const wraps = tables.filter((panel) => /"wrapText":true|"id":"custom\.wrapText"/.test(JSON.stringify(panel)));
    expect(wraps.map(({ title }) => title)).toEqual([]);
  });

  it('links tiles and graphs to a dashboard first, and to the documentation second', () => {
    const links = panels.flatMap(({ fieldConfig }) =>
      (fieldConfig?.overrides ?? []).flatMap(({ properties }) =>
        properties.filter(({ id }) => id === 'links').map(({ value }) => (value as Array<{ url: string }>)[0]?.url)
      )
    );
    expect(links.filter((url) => !url?.startsWith('/d/'))).toEqual([]);
    // The data brings the link to the documentation. Grafana puts it before links that are no override.
    const second = panels.filter(({ fieldConfig }) => fieldConfig?.defaults?.links);
    expect(second.map(({ title }) => title)).toEqual([]);
  });

  it('has event marks in a transparent grey, behind the series', () => {
    expect(dashboard.annotations?.list?.[0]?.iconColor).toBe('rgba(128, 128, 128, 0.5)');
  });

  it('tells facts about the whole data source in one panel at most', () => {
    const tells = ({ queryType, signals = [], groupBy, format }: Query) =>
      queryType === 'health' && (format === 'table' || (signals.length !== 1 && `${groupBy}` !== 'dimension'));
    const tellers = panels.filter(({ targets = [] }) => targets.some(tells));
    expect(tellers.slice(1).map(({ title }) => title)).toEqual([]);
  });

  it('overrides no list by an empty one, which Grafana would add to it', () => {
    const empty = panels.filter(({ fieldConfig }) =>
      fieldConfig?.overrides?.some(({ properties }) => properties.some(({ value }) => isEmptyList(value)))
    );
    expect(empty.map(({ title }) => title)).toEqual([]);
  });

  it('has panels that neither overlap nor leave the grid, each with its own number', () => {
    for (const grid of [top, ...top.flatMap(({ panels: hidden }) => (hidden ? [hidden] : []))]) {
      const cells = grid.flatMap(({ gridPos: { x, y, w, h } }) =>
        Array.from({ length: w * h }, (_, i) => `${x + (i % w)},${y + Math.floor(i / w)}`)
      );
      expect(new Set(cells).size).toBe(cells.length);
      // When a row opens, Grafana puts a panel at 0 last.
      expect(grid === top || grid[0]?.gridPos.y !== 0).toBe(true);
    }
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

  it('sorts tables of signals by a column that they have', () => {
    const isColumn = ({ targets = [] }: Panel, name: string) =>
      name === 'Change' || targets.some(({ signals = [] }) => signals.some((id) => signalOf(id)?.title === name));
    const wrong = panels
      .filter(({ type, targets = [] }) => type === 'table' && targets.every(({ queryType }) => queryType === 'signal'))
      .flatMap((panel) => (panel.options?.sortBy ?? []).map(({ displayName }) => ({ panel, displayName })))
      .filter(({ panel, displayName }) => !isColumn(panel, displayName));
    expect(wrong.map(({ displayName }) => displayName)).toEqual([]);
  });

  it('shows the largest bars first', () => {
    // Versions are in the order of their numbers, priorities in that of their severity, parts in that of their names.
    const bars = panels.filter(({ type, title }) => type === 'bargauge' && !/version|priority|Total/.test(title));
    const unsorted = bars.filter(({ targets = [] }) => targets.some(({ limit }) => limit === undefined));
    expect(unsorted.map(({ title }) => title)).toEqual([]);
  });

  it('shows figures per CPU as a heatmap with one row per CPU', () => {
    const perCpu = panels.filter(({ targets = [] }) => targets.some(({ groupBy }) => groupBy?.includes('cpu')));
    expect(perCpu.filter(({ type }) => type !== 'heatmap').map(({ title }) => title)).toEqual([]);
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
    const graphs = panels.filter(({ type }) => ['timeseries', 'state-timeline', 'heatmap'].includes(type));
    const lines = graphs.flatMap(({ title, targets = [] }) => targets.filter(byNode).map(() => title));
    expect(['falco-node', 'falco-tuning'].includes(dashboard.uid ?? '') ? [] : lines).toEqual([]);
  });

  it('leads to the others and to its chapter in the documentation, and marks what happened', () => {
    const [overview, dimensions, investigations, reading] = dashboard.links ?? [];
    const carried = { keepTime: true, includeVars: true };
    expect(overview).toMatchObject({ type: 'link', url: '/d/falco-overview', ...carried });
    expect(dimensions).toMatchObject({ type: 'dashboards', tags: ['falco-dimension'], ...carried });
    expect(investigations).toMatchObject({ type: 'dashboards', tags: ['falco-investigation'], ...carried });
    expect(reading?.url).toMatch(new RegExp(`/docs/dashboards\\.md#${dashboard.uid}$`));
    expect(readFileSync('docs/dashboards.md', 'utf8')).toContain(`## ${dashboard.uid}\n`);
    expect(dashboard.annotations?.list?.[0]).toMatchObject({
      enable: true,
      target: { queryType: 'events', groupBy: [] },
    });
  });
});

describe('the overview', () => {
  const { panels } = built.find(({ dashboard }) => dashboard.uid === 'falco-overview')!;

  it('reads from verdicts over figures and checks to nodes', () => {
    const top = panels.filter(({ type }) => type !== 'text').slice(0, 7);
    expect(top.map(({ title, gridPos: { x, w } }) => `${x} ${w} ${title}`)).toEqual([
      '0 24 Verdicts',
      '0 6 Without Falco',
      '6 6 Instances up',
      '12 6 Highest drops',
      '18 6 Dropped alerts',
      '0 24 Checks',
      '0 24 Nodes',
    ]);
  });

  it('leads from each verdict to the dashboard of its dimension', () => {
    const text = JSON.stringify(panels.find(({ title }) => title === 'Verdicts'));
    const links = [...text.matchAll(/"title":"Open ([^"]*)","url":"\/d\/([\w-]+)/g)].map(([, title, uid]) => [
      title,
      uid,
    ]);
    expect(links).toEqual([
      ['Data quality', 'falco-data-quality'],
      ['Continuity', 'falco-fleet'],
      ['Resources', 'falco-resources'],
      ['Delivery', 'falco-delivery'],
      ['Security', 'falco-security'],
    ]);
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

  it('open on the worst node if they show a single one', () => {
    const worstFirst = built.filter(({ dashboard }) =>
      dashboard.templating?.list?.some(
        ({ name, sort, query, current }) =>
          name === 'node' && sort === 0 && !current?.value && (query as { worstFirst?: boolean }).worstFirst
      )
    );
    expect(worstFirst.map(({ dashboard }) => dashboard.uid)).toEqual(['falco-node', 'falco-tuning']);
  });

  it('begin with what they are opened for', () => {
    // The first panel is the help.
    const first = (wanted: string, n: number) =>
      built.find(({ dashboard: { uid } }) => uid === wanted)!.panels.slice(1, n + 1);
    const chain = first('falco-delivery', 8).map(({ type, gridPos: { w, h }, targets }) => [
      type,
      w,
      h,
      targets?.length,
    ]);
    expect(chain).toEqual(Array.from({ length: 8 }, () => ['stat', 6, 3, 1]));
    const [summary] = first('falco-loss-report', 1);
    expect(summary).toMatchObject({ type: 'table', options: { showHeader: false } });
    for (const part of ['${__from:', '${__to:', '{{nodes}}', '{{lost-events}}', '{{kernel-drop-ratio}}']) {
      expect(summary?.targets?.[0]?.text).toContain(part);
    }
    const [comparison] = first('falco-before-after', 1);
    expect(comparison).toMatchObject({ type: 'table', targets: [{ groupBy: [], compare: '$__range' }] });
    expect(comparison?.targets?.[0]?.signals).toContain('kernel-drop-ratio');
  });

  it('are in the order of work', () => {
    expect(built.map(({ dashboard: { uid, tags } }) => [uid, ...(tags ?? [])])).toEqual([
      ['falco-overview', 'falco', 'falco-overview'],
      ...['data-quality', 'fleet', 'resources', 'delivery', 'security'].map((id) => [
        `falco-${id}`,
        'falco',
        'falco-dimension',
      ]),
      ...['node', 'loss-report', 'tuning', 'before-after'].map((id) => [`falco-${id}`, 'falco', 'falco-investigation']),
    ]);
  });

  it('lead only to dashboards and variables that there are', () => {
    const uids = built.map(({ dashboard }) => dashboard.uid);
    const wanted = built.flatMap(({ dashboard }) =>
      [...JSON.stringify(dashboard).matchAll(/"\/d\/([\w-]+)\?/g)].map(([, uid]) => uid)
    );
    expect(wanted.length).toBeGreaterThan(0);
    expect(wanted.filter((uid) => !uids.includes(uid))).toEqual([]);
  });

  it('encode values in links, so that a name with & or = sets no other variable', () => {
    const links = built.flatMap(({ dashboard }) => JSON.stringify(dashboard).match(/"\/d\/[^"]*"/g) ?? []);
    const values = links.flatMap((link) => link.match(/\$\{[^}]*\}/g) ?? []);
    const isSafe = /^\$\{(ds|__url_time_range|__value\.numeric|\w+:queryparam|[\w.]+:percentencode)\}$/;
    expect(values).toContain('${__value.raw:percentencode}');
    expect(values.filter((value) => !isSafe.test(value))).toEqual([]);
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
