/** A dashboard's JSON as a scene. */
import {
  behaviors,
  EmbeddedScene,
  SceneControlsSpacer,
  SceneGridItem,
  SceneGridLayout,
  SceneGridRow,
  SceneRefreshPicker,
  SceneTimePicker,
  SceneTimeRange,
  SceneVariableSet,
  VariableValueSelectors,
} from '@grafana/scenes';
import { DashboardLinks } from './links';
import { arrange, repeatedFor, type Placed, type PlacedPanel, type ValuesOf } from './layout';
import { type DashboardModel } from './model';
import { localVariable, panelOf } from './panel';
import { followRepeats } from './repeats';
import { variableOf } from './variables';

export function sceneOf(dashboard: DashboardModel): EmbeddedScene {
  const panels = dashboard.panels ?? [];
  const variables = dashboard.templating?.list ?? [];
  const timepicker = dashboard.timepicker ?? {};
  const draw = (valuesOf: ValuesOf) => arrange(panels, valuesOf).map(gridChild);
  return new EmbeddedScene({
    key: dashboard.uid,
    $timeRange: new SceneTimeRange({
      from: dashboard.time?.from ?? 'now-6h',
      to: dashboard.time?.to ?? 'now',
      timeZone: dashboard.timezone || undefined,
    }),
    $variables: new SceneVariableSet({ variables: variables.flatMap((variable) => variableOf(variable) ?? []) }),
    $behaviors: [new behaviors.CursorSync({ key: dashboard.uid, sync: dashboard.graphTooltip ?? 0 })],
    controls: [
      new VariableValueSelectors({}),
      new SceneControlsSpacer(),
      new DashboardLinks({ links: dashboard.links ?? [] }),
      new SceneTimePicker({ hidePicker: timepicker.hidden }),
      new SceneRefreshPicker({ refresh: dashboard.refresh || '', intervals: timepicker.refresh_intervals }),
    ],
    body: new SceneGridLayout({
      isLazy: true,
      isDraggable: false,
      isResizable: false,
      children: draw(() => []),
      $behaviors: [followRepeats(repeatedFor(panels), draw)],
    }),
  });
}

function gridChild(placed: Placed): SceneGridItem | SceneGridRow {
  if (placed.kind === 'panel') {
    return gridItem(placed);
  }
  return new SceneGridRow({
    key: placed.key,
    title: placed.title,
    y: placed.y,
    isCollapsed: placed.collapsed,
    children: placed.children.map(gridItem),
    $variables: placed.repetition && localVariable(placed.repetition),
  });
}

function gridItem({ key, panel, at, repetition }: PlacedPanel): SceneGridItem {
  return new SceneGridItem({
    key: `grid-${key}`,
    x: at.x,
    y: at.y,
    width: at.w,
    height: at.h,
    body: panelOf(panel, key, repetition),
  });
}
