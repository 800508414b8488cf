import { type ScopedVars, type TimeRange } from '@grafana/data';
import { type TemplateSrv } from '@grafana/runtime';
import { sceneGraph, type SceneObject } from '@grafana/scenes';

/** What variables are looked up in when a query names no scene object: the scene on the page. */
let context: SceneObject | undefined;

/** Sets the scene that is on the page; returns a function that takes it away again. */
export function setSceneContext(scene: SceneObject): () => void {
  context = scene;
  return () => {
    if (context === scene) {
      context = undefined;
    }
  };
}

/** Replaces variables by way of the scene, which knows their values. */
export class Templates implements TemplateSrv {
  private range: TimeRange | undefined;

  getVariables() {
    return [];
  }

  replace(target = '', scopedVars?: ScopedVars, format?: string | ((...values: unknown[]) => string)): string {
    const scope = sceneOf(scopedVars) ?? context;
    if (scope) {
      return sceneGraph.interpolate(scope, target, scopedVars, format as string | undefined);
    }
    return replaceScoped(target, { ...rangeVariables(this.range), ...scopedVars });
  }

  containsTemplate(target = ''): boolean {
    return /\$\{?\w+/.test(target);
  }

  updateTimeRange(range: TimeRange): void {
    this.range = range;
  }
}

function sceneOf(scopedVars?: ScopedVars): SceneObject | undefined {
  const holder = scopedVars?.['__sceneObject']?.value as { valueOf(): SceneObject } | undefined;
  return holder?.valueOf();
}

function rangeVariables(range?: TimeRange): ScopedVars {
  return range ? { __from: { value: String(range.from.valueOf()) }, __to: { value: String(range.to.valueOf()) } } : {};
}

/** Without a scene (Explore, the config editor) only the scoped variables exist. */
function replaceScoped(target: string, scopedVars: ScopedVars): string {
  return target.replace(/\$(?:\{(\w+)(?::\w+)?\}|(\w+))/g, (match: string, braced?: string, bare?: string) => {
    const variable = scopedVars[braced ?? bare ?? ''];
    return variable === undefined ? match : String(variable.value);
  });
}
