/** Initialises the registries that Grafana's core initialises. Must run before a panel plugin is created. */
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
