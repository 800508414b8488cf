import { DataSourcePlugin } from '@grafana/data';
import { FalcoDataSource } from './datasource';
import { ConfigEditor, QueryEditor } from './editor';
import { type FalcoQuery } from './query';
import { type FalcoSecrets, type FalcoSettings } from './settings';

export const plugin = new DataSourcePlugin<FalcoDataSource, FalcoQuery, FalcoSettings, FalcoSecrets>(FalcoDataSource)
  .setConfigEditor(ConfigEditor)
  .setQueryEditor(QueryEditor);
