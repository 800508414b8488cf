import { Alert } from '@grafana/ui';
import { definePanel } from './define';

export function unknownPanel(id: string, known: string[]) {
  return definePanel(id, {
    component: () => (
      <Alert severity="warning" title={`The preview does not draw panels of type ${id}`}>
        It draws {known.join(', ')}.
      </Alert>
    ),
    options: {},
  });
}
