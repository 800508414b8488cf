import { LoadingPlaceholder } from '@grafana/ui';
import { type ComponentType, lazy, Suspense } from 'react';

/** An editor in a chunk of its own: a dashboard that only shows panels never loads it. */
export function onDemand<Props extends object>(load: () => Promise<ComponentType<Props>>): ComponentType<Props> {
  const Editor = lazy(async () => ({ default: await load() })) as unknown as ComponentType<Props>;
  return function OnDemand(props: Props) {
    return (
      <Suspense fallback={<LoadingPlaceholder text="Loading the editor" />}>
        <Editor {...props} />
      </Suspense>
    );
  };
}
