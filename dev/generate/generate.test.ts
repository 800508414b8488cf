/**
 * @jest-environment node
 */
import { readFileSync } from 'node:fs';
import { catalogue } from '../../src/signals';
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
    const titles = Object.values(panelIds).map((wanted) => panels.find(({ id }) => id === wanted)?.title);
    expect(titles).toEqual(['Falco up', 'Kernel drops', 'Alerts lost']);
    expect(panelIds).toEqual({ up: 22, kernelDrops: 11, alertsLost: 4 });
  });
});
