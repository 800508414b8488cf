/** Converts dashboard JSON to a scene. */
import { type DataQueryRequest } from '@grafana/data';
import {
  behaviors,
  EmbeddedScene,
  SceneGridItem,
  SceneGridLayout,
  SceneGridRow,
  SceneRefreshPicker,
  SceneTimePicker,
  SceneTimeRange,
  SceneVariableSet,
  VariableValueSelectors,
  VizPanel,
  type SceneObject,
} from '@grafana/scenes';
import { createLayers } from './annotations';
import { AnnotationSwitches } from './annotationSwitches';
import { Controls } from './controls';
import { DashboardLinks } from './links';
import { arrange, listRepeatVariables, type Placed, type PlacedPanel, type PlacedRow, type GetValues } from './layout';
import { type DashboardModel } from './model';
import { localVariable, createPanel } from './panel';
import { followRepeats } from './repeats';
import { createVariable } from './variables';

export function createScene(dashboard: DashboardModel): EmbeddedScene {
  const panels = dashboard.panels ?? [];
  const variables = dashboard.templating?.list ?? [];
  const timepicker = dashboard.timepicker ?? {};
  const builder = new GridBuilder();
  const draw = (getValues: GetValues) => arrange(panels, getValues).map((placed) => builder.child(placed));
  const scene = new EmbeddedScene({
    key: dashboard.uid,
    $timeRange: new SceneTimeRange({
      from: dashboard.time?.from ?? 'now-6h',
      to: dashboard.time?.to ?? 'now',
      timeZone: dashboard.timezone || undefined,
    }),
    $variables: new SceneVariableSet({ variables: variables.flatMap((variable) => createVariable(variable) ?? []) }),
    $behaviors: [new behaviors.CursorSync({ key: dashboard.uid, sync: dashboard.graphTooltip ?? 0 })],
    $data: createLayers(dashboard),
    controls: [
      new Controls({
        left: [new VariableValueSelectors({}), new AnnotationSwitches({})],
        right: [
          new DashboardLinks({ links: dashboard.links ?? [] }),
          new SceneTimePicker({ hidePicker: timepicker.hidden }),
          new SceneRefreshPicker({ refresh: dashboard.refresh || '', intervals: timepicker.refresh_intervals }),
        ],
      }),
    ],
    body: new SceneGridLayout({
      isLazy: true,
      isDraggable: false,
      isResizable: false,
      children: draw(() => []),
      $behaviors: [followRepeats(listRepeatVariables(panels), draw)],
    }),
  });
  return tellWhoAsks(scene, dashboard.uid ?? '');
}

/** Lets a scene tell data sources which dashboard and which kind of panel asks, as Grafana does. */
function tellWhoAsks(scene: EmbeddedScene, dashboardUID: string): EmbeddedScene {
  const enrichDataRequest = (source: SceneObject): Partial<DataQueryRequest> => {
    let panel: SceneObject | undefined = source;
    while (panel && !(panel instanceof VizPanel)) {
      panel = panel.parent;
    }
    return { dashboardUID, panelPluginId: panel?.state.pluginId };
  };
  return Object.assign(scene, { enrichDataRequest });
}

/** Creates the grid items. Panels and rows that are not repeated are created once, so that they keep their data. */
class GridBuilder {
  private readonly rows = new Map<string, SceneGridRow>();
  private readonly items = new Map<string, SceneGridItem>();

  child(placed: Placed): SceneGridItem | SceneGridRow {
    return placed.kind === 'panel' ? this.item(placed) : this.row(placed);
  }

  private row({ key, title, y, collapsed, repeated, children, repetition }: PlacedRow): SceneGridRow {
    const state = { y, children: children.map((child) => this.item(child, repeated)) };
    const kept = this.rows.get(key);
    if (kept) {
      kept.setState(state);
      return kept;
    }
    const $variables = repetition && localVariable(repetition);
    const row = new SceneGridRow({ ...state, key, title, isCollapsed: collapsed, $variables });
    if (!repeated) {
      this.rows.set(key, row);
    }
    return row;
  }

  private item({ key, panel, at, repetition }: PlacedPanel, inRepeatedRow = false): SceneGridItem {
    const place = { x: at.x, y: at.y, width: at.w, height: at.h };
    const kept = this.items.get(key);
    if (kept) {
      kept.setState(place);
      return kept;
    }
    const item = new SceneGridItem({ ...place, key: `grid-${key}`, body: createPanel(panel, key, repetition) });
    if (!panel.repeat && !inRepeatedRow) {
      this.items.set(key, item);
    }
    return item;
  }
}
