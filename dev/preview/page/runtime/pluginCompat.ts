/**
 * Replaces `@grafana/plugin-compat/datasources`, which imports functions from @grafana/runtime
 * that exist only in later versions of Grafana.
 */
import {
  type DataSourceApi,
  type DataSourceInstanceSettings,
  type DataSourceRef,
  type ScopedVars,
} from '@grafana/data';
import { getDataSourceSrv, type GetDataSourceListFilters } from '@grafana/runtime';

type Ref = DataSourceRef | string | null;

export async function getDataSourceInstance(ref?: Ref, scopedVars?: ScopedVars): Promise<DataSourceApi> {
  return getDataSourceSrv().get(ref, scopedVars);
}

export async function getDataSourceInstanceList(
  filters?: GetDataSourceListFilters
): Promise<DataSourceInstanceSettings[]> {
  return getDataSourceSrv().getList(filters);
}

export async function getDefaultDataSourceInstanceListItem(
  items: DataSourceInstanceSettings[]
): Promise<DataSourceInstanceSettings | undefined> {
  return items.find((item) => item.isDefault);
}
