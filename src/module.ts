import { DataSourcePlugin } from '@grafana/data';
import { FalcoDataSource } from './datasource';
import { annotations, ConfigEditor, FalcoVariableSupport, QueryEditor } from './editor';
import { type FalcoQuery } from './query';
import { type FalcoSecrets, type FalcoSettings } from './settings';

/** Adds the two editors that Grafana reads from the data source instead of from the plugin. */
class FalcoDataSourceWithEditors extends FalcoDataSource {
  override annotations = annotations;
  override variables: FalcoVariableSupport = new FalcoVariableSupport(this);
}

export const plugin = new DataSourcePlugin<FalcoDataSource, FalcoQuery, FalcoSettings, FalcoSecrets>(
  FalcoDataSourceWithEditors
)
  .setConfigEditor(ConfigEditor)
  .setQueryEditor(QueryEditor);
