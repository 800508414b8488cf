import { DataSourcePlugin } from '@grafana/data';
import { initPluginTranslations } from '@grafana/i18n';
import { FalcoDataSource } from './datasource';
import { annotations, ConfigEditor, FalcoVariableSupport, QueryEditor } from './editor';
import { type FalcoQuery } from './query';
import { type FalcoSecrets, type FalcoSettings } from './settings';

// Grafana has loaded the texts already. What remains is done before anything is rendered, so nothing waits for it.
void initPluginTranslations('falco-metrics-datasource');

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
