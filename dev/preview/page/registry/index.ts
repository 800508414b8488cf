/** Fills the registries that Grafana's core fills at its start. Has to run before a panel plugin is made. */
import {
  standardEditorsRegistry,
  standardFieldConfigEditorRegistry,
  standardTransformersRegistry,
} from '@grafana/data';
import { standardFields } from './fields';
import { transformers } from './transformers';

export function fillRegistries(): void {
  standardEditorsRegistry.setInit(() => []);
  standardFieldConfigEditorRegistry.setInit(() => standardFields);
  standardTransformersRegistry.setInit(() => transformers);
}
