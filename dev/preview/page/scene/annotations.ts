/** Converts the annotations of a dashboard to layers of a scene, each with its switch. */
import { type AnnotationQuery } from '@grafana/data';
import { dataLayers, SceneDataLayerSet } from '@grafana/scenes';
import { type DashboardModel } from './model';

export function createLayers({ annotations }: DashboardModel): SceneDataLayerSet {
  const queries = (annotations?.list ?? []).filter(({ builtIn }) => !builtIn);
  return new SceneDataLayerSet({ name: queries.map(({ name }) => name).join(', '), layers: queries.map(layer) });
}

function layer(query: AnnotationQuery, index: number): dataLayers.AnnotationsDataLayer {
  return new dataLayers.AnnotationsDataLayer({
    key: `annotations-${index}`,
    name: query.name,
    isEnabled: query.enable,
    isHidden: query.hide,
    query,
  });
}
