import {
  ControlsLabel,
  SceneDataLayerSet,
  sceneGraph,
  SceneObjectBase,
  type SceneComponentProps,
} from '@grafana/scenes';
import { css } from '@emotion/css';

/** A labelled switch for each annotation query, as in Grafana. The control of @grafana/scenes has one label for all of them. */
export class AnnotationSwitches extends SceneObjectBase {
  static Component = Switches;
}

function Switches({ model }: SceneComponentProps<AnnotationSwitches>) {
  const layers = sceneGraph
    .getDataLayers(model, true)
    .flatMap((set) => (set instanceof SceneDataLayerSet ? set.state.layers : []));
  return layers.map((layer) => (
    <div key={layer.state.key} className={css({ display: 'flex' })}>
      <ControlsLabel htmlFor={`data-layer-${layer.state.key}`} label={layer.state.name} />
      <layer.Component model={layer} />
    </div>
  ));
}
