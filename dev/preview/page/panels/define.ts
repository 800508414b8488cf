import {
  PanelPlugin,
  PluginType,
  type FieldColorModeId,
  type PanelPluginMeta,
  type PanelProps,
  type StandardOptionConfig,
} from '@grafana/data';
import { type ComponentType } from 'react';
import { noEditor } from '../registry/fields';

export interface PanelDefinition<T extends object> {
  component: ComponentType<PanelProps<T>>;
  /** Default options. */
  options: T;
  /** The keys of `fieldConfig.*.custom` that the panel supports, with their defaults. Others are dropped. */
  custom?: Record<string, unknown>;
  /** The color mode if neither the data source nor the dashboard sets one. */
  color?: FieldColorModeId;
  /** Whether the panel needs no data, like the text panel. */
  skipDataQuery?: boolean;
  noPadding?: boolean;
}

/** Creates a panel plugin for @grafana/scenes. */
export function definePanel<T extends object>(id: string, definition: PanelDefinition<T>): PanelPlugin<T> {
  const plugin = new PanelPlugin<T>(definition.component);
  plugin.meta = meta(id, definition.skipDataQuery ?? false);
  plugin.setPanelOptions((builder) => {
    for (const [path, defaultValue] of Object.entries(definition.options)) {
      builder.addCustomEditor({ id: path, path, name: path, defaultValue, editor: noEditor } as Parameters<
        typeof builder.addCustomEditor
      >[0]);
    }
  });
  if (definition.noPadding) {
    plugin.setNoPadding();
  }
  plugin.useFieldConfig({
    standardOptions: (definition.color ? { color: { defaultValue: { mode: definition.color } } } : {}) as Record<
      string,
      StandardOptionConfig
    >,
    useCustomConfig: (builder) => {
      for (const [path, defaultValue] of Object.entries(definition.custom ?? {})) {
        builder.addCustomEditor({
          id: path,
          path,
          name: path,
          defaultValue,
          editor: noEditor,
          override: noEditor,
          process: (value: unknown) => value,
          shouldApply: () => true,
        } as Parameters<typeof builder.addCustomEditor>[0]);
      }
    },
  });
  return plugin;
}

function meta(id: string, skipDataQuery: boolean): PanelPluginMeta {
  return {
    id,
    name: id,
    type: PluginType.panel,
    module: '',
    baseUrl: '',
    sort: 0,
    skipDataQuery,
    info: {
      author: { name: '' },
      description: '',
      links: [],
      logos: { small: '', large: '' },
      screenshots: [],
      updated: '',
      version: '',
    },
  };
}
