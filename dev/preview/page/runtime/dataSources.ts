import {
  getDataSourceRef,
  type DataSourceApi,
  type DataSourceInstanceSettings,
  type DataSourceRef,
  type DataSourceSettings,
  type ScopedVars,
} from '@grafana/data';
import { getTemplateSrv, type DataSourceSrv, type GetDataSourceListFilters } from '@grafana/runtime';
import { loadDataSourcePlugin } from './pluginLoader';

type Ref = DataSourceRef | string | null;

/** The provisioned data sources. Instances are created on first use. */
export class DataSources implements DataSourceSrv {
  private readonly instances = new Map<string, Promise<DataSourceApi>>();

  /** `settings` is keyed by name, like the boot data; `standard` is the name of the default data source. */
  constructor(
    private readonly settings: Record<string, DataSourceInstanceSettings>,
    private standard: string
  ) {}

  async get(ref?: Ref, scopedVars?: ScopedVars): Promise<DataSourceApi> {
    const settings = this.getInstanceSettings(ref, scopedVars);
    if (!settings) {
      throw new Error(`Data source ${describe(ref)} is not provisioned. Provisioned data sources: ${this.names()}.`);
    }
    const uid = settings.rawRef?.uid ?? settings.uid;
    const known = this.instances.get(uid);
    if (known) {
      return known;
    }
    const made = this.make(this.getInstanceSettings(uid) ?? settings);
    this.instances.set(uid, made);
    return made;
  }

  getList(filters: GetDataSourceListFilters = {}): DataSourceInstanceSettings[] {
    const types = [filters.type ?? []].flat();
    return Object.values(this.settings).filter(
      (settings) =>
        (!filters.pluginId || settings.type === filters.pluginId) &&
        (types.length === 0 || types.includes(settings.type)) &&
        (filters.filter?.(settings) ?? true)
    );
  }

  /** Accepts a uid, a name, `default`, undefined, or a variable such as `${ds}`. */
  getInstanceSettings(ref?: Ref, scopedVars?: ScopedVars): DataSourceInstanceSettings | undefined {
    const reference = (typeof ref === 'string' ? ref : ref?.uid) ?? 'default';
    const name = getTemplateSrv().replace(reference, scopedVars);
    const found =
      name === 'default' || name === ''
        ? this.settings[this.standard]
        : Object.values(this.settings).find((settings) => settings.uid === name || settings.name === reference);
    if (!found || name === reference) {
      return found;
    }
    return { ...found, name: reference, uid: reference, rawRef: getDataSourceRef(found) };
  }

  async reload(): Promise<void> {
    this.instances.clear();
  }

  /** Replaces the settings that the config editor has saved, and creates the instance again. */
  replace({ uid, name, jsonData }: DataSourceSettings): void {
    for (const [known, settings] of Object.entries(this.settings)) {
      if (settings.uid === uid) {
        delete this.settings[known];
        this.settings[name] = { ...settings, name, jsonData };
        this.standard = this.standard === known ? name : this.standard;
      }
    }
    this.instances.delete(uid);
  }

  registerRuntimeDataSource(): void {
    throw new Error('The preview supports only provisioned data sources.');
  }

  private async make(settings: DataSourceInstanceSettings): Promise<DataSourceApi> {
    const plugin = await loadDataSourcePlugin(settings.meta);
    const instance = new plugin.DataSourceClass(settings);
    instance.components = plugin.components;
    instance.meta = settings.meta;
    return Object.assign(instance, { uid: settings.uid, type: settings.type, name: settings.name });
  }

  private names(): string {
    return Object.keys(this.settings).join(', ') || 'none';
  }
}

function describe(ref?: Ref): string {
  return typeof ref === 'string' ? ref : (ref?.uid ?? 'default');
}
