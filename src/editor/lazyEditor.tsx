import { LoadingPlaceholder } from '@grafana/ui';
import { type ComponentType, lazy, Suspense } from 'react';
import { t } from '../i18n';

/** Puts an editor into its own chunk: dashboards that only show panels never load it. */
export function lazyEditor<Props extends object>(load: () => Promise<ComponentType<Props>>): ComponentType<Props> {
  const Editor = lazy(async () => ({ default: await load() })) as unknown as ComponentType<Props>;
  return function LazyEditor(props: Props) {
    return (
      <Suspense fallback={<LoadingPlaceholder text={t('editor.loading', 'Loading editor...')} />}>
        <Editor {...props} />
      </Suspense>
    );
  };
}
