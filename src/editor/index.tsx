import { LoadingPlaceholder } from '@grafana/ui';
import { type ComponentType, lazy, Suspense } from 'react';

/** The editors lie in chunks of their own: a dashboard that only shows panels never loads them. */
export const ConfigEditor = onDemand(async () => (await import('./config/ConfigEditor')).ConfigEditor);
export const QueryEditor = onDemand(async () => (await import('./query/QueryEditor')).QueryEditor);
export const AnnotationEditor = onDemand(async () => (await import('./annotation/AnnotationEditor')).AnnotationEditor);
export const VariableEditor = onDemand(async () => (await import('./variable/VariableEditor')).VariableEditor);

function onDemand<Props extends object>(load: () => Promise<ComponentType<Props>>): ComponentType<Props> {
  const Editor = lazy(async () => ({ default: await load() })) as unknown as ComponentType<Props>;
  return function OnDemand(props: Props) {
    return (
      <Suspense fallback={<LoadingPlaceholder text="Loading the editor" />}>
        <Editor {...props} />
      </Suspense>
    );
  };
}
