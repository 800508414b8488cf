/** Converts a panel of dashboard JSON to a panel of a scene. */
import {
  LocalValueVariable,
  SceneDataTransformer,
  SceneQueryRunner,
  SceneVariableSet,
  VizPanel,
  type SceneDataProvider,
} from '@grafana/scenes';
import { type Repetition } from './layout';
import { type PanelModel } from './model';
import { PanelLinks, PanelNotices } from './titleItems';

export function createPanel(model: PanelModel, key: string, repetition?: Repetition): VizPanel {
  return new VizPanel({
    key,
    pluginId: model.type,
    title: model.title ?? '',
    description: model.description,
    displayMode: model.transparent ? 'transparent' : 'default',
    hoverHeader: !model.title,
    options: (model.options ?? {}) as object,
    fieldConfig: { defaults: {}, overrides: [], ...model.fieldConfig },
    titleItems: [new PanelLinks({ links: model.links ?? [] }), new PanelNotices({})],
    $data: dataOf(model),
    $variables: repetition && localVariable(repetition),
  });
}

/** A variable that has a single value in a repeated panel or row. */
export function localVariable({ variable, value, text }: Repetition): SceneVariableSet {
  return new SceneVariableSet({ variables: [new LocalValueVariable({ name: variable, value, text })] });
}

function dataOf(model: PanelModel): SceneDataProvider | undefined {
  if (!model.targets?.length) {
    return undefined;
  }
  return new SceneDataTransformer({
    transformations: model.transformations ?? [],
    $data: new SceneQueryRunner({
      queries: model.targets,
      datasource: model.datasource ?? undefined,
      minInterval: model.interval,
      maxDataPoints: model.maxDataPoints,
    }),
  });
}
