/** Loads a plugin's module.js like Grafana: as an AMD module, through SystemJS, with the page's libraries. */
import { type DataSourceApi, type DataSourcePlugin, type DataSourcePluginMeta } from '@grafana/data';
import { shared } from './shared';

interface ModuleLoader {
  addImportMap(map: { imports: Record<string, string> }): void;
  set(id: string, module: object): void;
  import(id: string): Promise<{ plugin?: DataSourcePlugin<DataSourceApi> }>;
}

const loaded = new Map<string, Promise<DataSourcePlugin<DataSourceApi>>>();
let prepared = false;

/** Loads the plugin of a data source type. */
export function loadDataSourcePlugin(meta: DataSourcePluginMeta): Promise<DataSourcePlugin<DataSourceApi>> {
  let plugin = loaded.get(meta.id);
  if (!plugin) {
    plugin = load(meta);
    loaded.set(meta.id, plugin);
  }
  return plugin;
}

async function load(meta: DataSourcePluginMeta): Promise<DataSourcePlugin<DataSourceApi>> {
  const { plugin } = await loader().import(new URL(`/${meta.module}`, window.location.origin).toString());
  if (!plugin) {
    throw new Error(`${meta.module} was loaded, but exports no "plugin".`);
  }
  plugin.meta = meta;
  return plugin;
}

/** Registers the modules that Grafana shares with plugins in SystemJS. */
function loader(): ModuleLoader {
  const system = (window as unknown as { System: ModuleLoader }).System;
  if (!prepared) {
    prepared = true;
    const imports: Record<string, string> = {};
    for (const [name, module] of Object.entries(shared)) {
      imports[name] = `preview:${name}`;
      system.set(`preview:${name}`, module);
    }
    system.addImportMap({ imports });
  }
  return system;
}
