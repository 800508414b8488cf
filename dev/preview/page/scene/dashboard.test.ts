import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  SceneGridItem,
  SceneGridRow,
  type SceneQueryRunner,
  VizPanel,
  type EmbeddedScene,
  type SceneGridLayout,
} from '@grafana/scenes';
import { createScene } from './dashboard';
import { type DashboardModel, type PanelModel } from './model';

const folder = join(__dirname, '../../../../src/dashboards');

function allPanels(panels: PanelModel[]): PanelModel[] {
  return panels.flatMap((panel) => (panel.type === 'row' ? allPanels(panel.panels ?? []) : [panel]));
}

function drawn(scene: EmbeddedScene): VizPanel[] {
  const children = (scene.state.body as SceneGridLayout).state.children;
  return children
    .flatMap((child) => (child instanceof SceneGridRow ? child.state.children : [child]))
    .flatMap((child) =>
      child instanceof SceneGridItem && child.state.body instanceof VizPanel ? child.state.body : []
    );
}

describe.each(readdirSync(folder).filter((name) => name.endsWith('.json')))('%s', (name) => {
  const dashboard = JSON.parse(readFileSync(join(folder, name), 'utf8')) as DashboardModel;
  const scene = createScene(dashboard);

  test('every panel keeps its type and its queries', () => {
    const expected = allPanels(dashboard.panels ?? []);
    expect(drawn(scene).map(({ state }) => [state.title, state.pluginId])).toEqual(
      expected.map(({ title, type }) => [title, type])
    );
    const runners = drawn(scene).map(({ state }) => state.$data?.state.$data as SceneQueryRunner | undefined);
    expect(runners.map((runner) => runner?.state.queries)).toEqual(expected.map(({ targets }) => targets));
  });

  test('every variable keeps its type', () => {
    const expected = dashboard.templating?.list ?? [];
    expect(scene.state.$variables?.state.variables.map(({ state }) => [state.name, state.type])).toEqual(
      expected.map(({ name, type }) => [name, type])
    );
  });

  test('the time range is that of the dashboard', () => {
    expect(scene.state.$timeRange?.state).toMatchObject(dashboard.time ?? {});
  });
});
