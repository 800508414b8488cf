/** Converts variables of dashboard JSON to variables of a scene. */
import { VariableRefresh, VariableSort } from '@grafana/data';
import {
  ConstantVariable,
  CustomVariable,
  DataSourceVariable,
  IntervalVariable,
  QueryVariable,
  TextBoxVariable,
  type SceneDataQuery,
  type SceneVariable,
} from '@grafana/scenes';
import { type VariableModel } from './model';

/** Returns undefined for an unsupported type. */
export function createVariable(model: VariableModel): SceneVariable | undefined {
  const common = {
    name: model.name,
    label: model.label ?? undefined,
    description: model.description,
    hide: model.hide,
    skipUrlSync: model.skipUrlSync,
  };
  const choice = {
    ...common,
    value: model.current?.value ?? '',
    text: model.current?.text ?? '',
    isMulti: model.multi ?? false,
    includeAll: model.includeAll ?? false,
    allValue: model.allValue ?? undefined,
    allowCustomValue: model.allowCustomValue ?? true,
    defaultToAll: model.includeAll && model.current?.value === undefined,
  };
  const query = asText(model.query);
  switch (model.type) {
    case 'custom':
      return new CustomVariable({ ...choice, query });
    case 'datasource':
      return new DataSourceVariable({ ...choice, pluginId: query, regex: model.regex ?? '' });
    case 'query':
      return new QueryVariable({
        ...choice,
        query: (model.query ?? '') as string | SceneDataQuery,
        datasource: model.datasource ?? null,
        regex: model.regex ?? '',
        sort: model.sort ?? VariableSort.disabled,
        refresh: model.refresh ?? VariableRefresh.onDashboardLoad,
      });
    case 'interval':
      return new IntervalVariable({
        ...common,
        value: asText(model.current?.value),
        intervals: query.split(',').map((interval) => interval.trim()),
        autoEnabled: model.auto ?? false,
        autoStepCount: model.auto_count ?? 30,
        autoMinInterval: model.auto_min ?? '10s',
        refresh: VariableRefresh.onTimeRangeChanged,
      });
    case 'textbox':
      return new TextBoxVariable({ ...common, value: asText(model.current?.value) || query });
    case 'constant':
      return new ConstantVariable({ ...common, value: query });
    default:
      return undefined;
  }
}

function asText(value: unknown): string {
  return typeof value === 'string' ? value : '';
}
