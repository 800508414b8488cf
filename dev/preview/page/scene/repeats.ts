import {
  MultiValueVariable,
  sceneGraph,
  type SceneGridItemLike,
  type SceneGridLayout,
  type SceneObject,
  type SceneVariable,
  type VariableValueOption,
} from '@grafana/scenes';
import { type ValuesOf } from './layout';

/**
 * A behaviour of a grid that draws it anew whenever one of `variables` has other values than
 * before, so that panels and rows are repeated for what is chosen now.
 */
export function followRepeats(variables: string[], draw: (valuesOf: ValuesOf) => SceneGridItemLike[]) {
  return (object: SceneObject) => {
    const grid = object as SceneGridLayout;
    const valuesOf: ValuesOf = (name) => chosen(sceneGraph.lookupVariable(name, grid));
    let drawn = JSON.stringify(variables.map(() => []));
    const redraw = () => {
      const values = JSON.stringify(variables.map(valuesOf));
      if (values !== drawn) {
        drawn = values;
        grid.setState({ children: draw(valuesOf) });
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

/** The values chosen for a variable; "All" stands for every option it has. */
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
