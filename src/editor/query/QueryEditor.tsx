import { CoreApp, type QueryEditorProps } from '@grafana/data';
import { EditorHeader } from '@grafana/plugin-ui';
import { Alert } from '@grafana/ui';
import { type FalcoDataSource } from '../../datasource';
import { t } from '../../i18n';
import { type FalcoQuery, migrateQuery, returnsSeries, withDefaults } from '../../query';
import { type FalcoSettings } from '../../settings';
import { EditorRows } from '../EditorRows';
import { lazyEditor } from '../lazyEditor';
import { AlertHelp } from './AlertHelp';
import { changeQueryType } from './changeQueryType';
import { NodeRows } from './NodeRows';
import { QueryOptions } from './QueryOptions';
import { QueryTypePicker } from './QueryTypePicker';
import { listQueryTypes } from './queryTypes';
import { SignalRows } from './SignalRows';

/** In a chunk of its own, with the parser and the help of PromQL. */
const PromqlRows = lazyEditor(async () => (await import('../promql/PromqlRows')).PromqlRows);

/** The query editor of panels, Explore and alert rules. */
export function QueryEditor(props: QueryEditorProps<FalcoDataSource, FalcoQuery, FalcoSettings>) {
  const { datasource, onRunQuery, app, data, range } = props;
  const { settings } = datasource;
  const saved = migrateQuery(props.query);
  const query = withDefaults(saved);
  const change = (changed: Partial<FalcoQuery>) => {
    props.onChange({ ...saved, ...changed });
    onRunQuery();
  };
  const error = data?.errors?.find(({ refId }) => refId === query.refId)?.message;
  const type = listQueryTypes().find(({ value }) => value === query.queryType);
  const rows = { query, datasource, change };

  return (
    <>
      <EditorHeader>
        <QueryTypePicker
          queryType={query.queryType}
          app={app}
          onChange={(to) => change(changeQueryType(to, query, settings))}
        />
      </EditorHeader>
      <EditorRows>
        {type === undefined && (
          <Alert
            severity="warning"
            title={t(
              'type.unknown',
              'This version does not support the query type “{{type}}”. Select another query type to replace it.',
              { type: query.queryType }
            )}
          />
        )}
        {type?.returnsText && app === CoreApp.UnifiedAlerting && (
          <Alert
            severity="warning"
            title={t(
              'type.returns-text',
              '{{type}} queries return text, which alert rules cannot evaluate. Select another query type.',
              { type: type.label }
            )}
          />
        )}
        {query.queryType === 'signal' && <SignalRows {...rows} />}
        {query.queryType === 'promql' && <PromqlRows {...rows} data={data} error={error} />}
        {type !== undefined && !returnsSeries(query.queryType) && <NodeRows {...rows} />}
        <QueryOptions query={query} app={app} settings={settings} range={range} onChange={change} />
        {app === CoreApp.UnifiedAlerting && <AlertHelp query={query} />}
      </EditorRows>
    </>
  );
}
