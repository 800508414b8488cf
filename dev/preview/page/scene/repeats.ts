import {
  MultiValueVariable,
  sceneGraph,
  type SceneGridItemLike,
  type SceneGridLayout,
  type SceneObject,
  type SceneVariable,
  type VariableValueOption,
} from '@grafana/scenes';
import { type GetValues } from './layout';

/**
 * A behaviour that rebuilds a grid when the values of one of `variables` change, so that panels
 * and rows are repeated for the current values.
 */
export function followRepeats(variables: string[], draw: (getValues: GetValues) => SceneGridItemLike[]) {
  return (object: SceneObject) => {
    const grid = object as SceneGridLayout;
    const getValues: GetValues = (name) => chosen(sceneGraph.lookupVariable(name, grid));
    let drawn = JSON.stringify(variables.map(() => []));
    const redraw = () => {
      const values = JSON.stringify(variables.map(getValues));
      if (values !== drawn) {
        drawn = values;
        grid.setState({ children: draw(getValues) });
        grid.forceRender();
      }
    };
    const subscriptions = variables.flatMap(
      (name) => sceneGraph.lookupVariable(name, grid)?.subscribeToState(redraw) ?? []
    );
    redraw();
    return () => subscriptions.forEach((subscription) => subscription.unsubscribe());
  };
}

/** The selected values of a variable. "All" means all of its options. */
function chosen(variable: SceneVariable | null): Array<{ value: string; text: string }> {
  if (!(variable instanceof MultiValueVariable)) {
    return [];
  }
  if (variable.hasAllValue()) {
    return variable.state.options.map(({ value, label }: VariableValueOption) => ({
      value: String(value),
      text: label,
    }));
  }
  const values = [variable.state.value].flat().map(String);
  const texts = [variable.state.text].flat().map(String);
  return values.flatMap((value, index) => (value === '' ? [] : [{ value, text: texts[index] ?? value }]));
}
