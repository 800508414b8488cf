import { type ScopedVars, type TimeRange } from '@grafana/data';
import { type TemplateSrv } from '@grafana/runtime';
import { sceneGraph, type SceneObject } from '@grafana/scenes';

/** The scene on the page. Variables are looked up in it when a query names no scene object. */
let context: SceneObject | undefined;

/** Sets the scene on the page. Returns a function that removes it. */
export function setSceneContext(scene: SceneObject): () => void {
  context = scene;
  return () => {
    if (context === scene) {
      context = undefined;
    }
  };
}

/** Replaces variables through the scene, which knows their values. */
export class Templates implements TemplateSrv {
  private range: TimeRange | undefined;

  getVariables() {
    return [];
  }

  replace(target = '', scopedVars?: ScopedVars, format?: string | ((...values: unknown[]) => string)): string {
    const scope = createScene(scopedVars) ?? context;
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

function createScene(scopedVars?: ScopedVars): SceneObject | undefined {
  const holder = scopedVars?.['__sceneObject']?.value as { valueOf(): SceneObject } | undefined;
  return holder?.valueOf();
}

function rangeVariables(range?: TimeRange): ScopedVars {
  return range ? { __from: { value: String(range.from.valueOf()) }, __to: { value: String(range.to.valueOf()) } } : {};
}

/** Without a scene (Explore, config editor), only scoped variables exist. */
function replaceScoped(target: string, scopedVars: ScopedVars): string {
  return target.replace(/\$(?:\{(\w+)(?::\w+)?\}|(\w+))/g, (match: string, braced?: string, bare?: string) => {
    const variable = scopedVars[braced ?? bare ?? ''];
    return variable === undefined ? match : String(variable.value);
  });
}
