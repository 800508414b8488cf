/**
 * @jest-environment node
 */
import { readFileSync } from 'node:fs';
import { parse } from 'yaml';
import { catalogue } from '../../src/signals';
import { rules } from './alerts';
import { overview, panelIds } from './dashboards/overview';
import { outputs } from './outputs';

const dashboard = overview();
const panels = (dashboard.panels ?? []).filter((panel) => panel.type !== 'row') as unknown as Panel[];

interface Panel {
  id: number;
  type: string;
  title: string;
  description?: string;
  gridPos: { x: number; y: number; w: number; h: number };
  targets?: Array<{ kind: string; signals?: string[]; filters?: unknown[]; expr?: string }>;
}

describe('generated files', () => {
  it.each(Object.entries(outputs()))('%s is what npm run generate writes', (path, text) => {
    expect(readFileSync(path, 'utf8')).toBe(text);
  });

  it('describe every signal in the reference', () => {
    const reference = outputs()['docs/signals.md'];
    expect(catalogue.signals.filter(({ id }) => !reference?.includes(`\n### ${id}\n`))).toEqual([]);
  });
});

describe('the overview', () => {
  it('says of every panel how to read it, and uses only the panels that can be drawn everywhere', () => {
    const drawn = ['stat', 'timeseries', 'table', 'bargauge', 'gauge', 'text', 'state-timeline', 'heatmap', 'piechart'];
    expect(panels.filter(({ description }) => !description?.endsWith('.')).map(({ title }) => title)).toEqual([]);
    expect(panels.filter(({ type }) => !drawn.includes(type)).map(({ title }) => title)).toEqual([]);
  });

  it('has panels that neither overlap nor leave the grid, each with its own number', () => {
    const cells = panels.flatMap(({ gridPos: { x, y, w, h } }) =>
      Array.from({ length: w * h }, (_, i) => `${x + (i % w)},${y + Math.floor(i / w)}`)
    );
    expect(new Set(cells).size).toBe(cells.length);
    expect(panels.filter(({ gridPos }) => gridPos.x + gridPos.w > 24)).toEqual([]);
    const ids = (dashboard.panels ?? []).map(({ id }) => id);
    expect(new Set(ids).size).toBe(ids.length);
  });

  it('asks only for the chosen nodes', () => {
    const targets = panels.flatMap((panel) => panel.targets ?? []);
    const chosen = targets.filter(({ kind, filters, expr = '' }) =>
      kind === 'signal' ? filters?.length === 2 : expr.includes('cluster=~"$cluster",node=~"$node"')
    );
    expect(chosen).toEqual(targets);
  });

  it('keeps the panels that alerts lead to', () => {
    const titles = rules.map(({ panelId }) => panels.find(({ id }) => id === panelId)?.title);
    expect(titles).toEqual(['Kernel drops', 'Kernel drops', 'Falco up', 'Alerts lost']);
    expect(panelIds).toEqual({ up: 22, kernelDrops: 11, alertsLost: 4 });
  });
});

describe('the alert rules', () => {
  const file = parse(readFileSync('provisioning/alerting/falco.yaml', 'utf8'));

  it('lead to a heading of docs/alerting.md', () => {
    const headings = [...readFileSync('docs/alerting.md', 'utf8').matchAll(/^### (.*)$/gm)].map(
      ([, title = '']) => title
    );
    expect(headings.map((title) => title.toLowerCase().replaceAll(' ', '-'))).toEqual(
      rules.map(({ runbook }) => runbook)
    );
  });

  it.each(rules)('$title reduces the query and holds it against its bound', ({ uid, fires }) => {
    const { condition, data } = file.groups[0].rules.find((rule: { uid: string }) => rule.uid === uid);
    expect(condition).toBe('C');
    expect(data.map(({ refId, datasourceUid }: Record<string, string>) => [refId, datasourceUid])).toEqual([
      ['A', 'falco-metrics'],
      ['B', '__expr__'],
      ['C', '__expr__'],
    ]);
    expect(data[1].model).toMatchObject({ type: 'reduce', expression: 'A', reducer: 'last' });
    const conditions = [{ evaluator: { type: fires.type, params: [fires.bound] } }];
    expect(data[2].model).toMatchObject({ type: 'threshold', expression: 'B', conditions });
  });

  it('have no dollar sign where Grafana expands variables of the environment', () => {
    const { annotations: _, ...expanded } = file.groups[0].rules[0];
    expect(JSON.stringify(expanded)).not.toContain('$');
  });
});
