import { CoreApp, type QueryEditorProps } from '@grafana/data';
import { EditorHeader, EditorRow, EditorRows } from '@grafana/plugin-ui';
import { Alert } from '@grafana/ui';
import { type FalcoDataSource } from '../../datasource';
import { expressionsOf } from '../../expression';
import { type FalcoQuery, givesSeries, migrateQuery, withDefaults } from '../../query';
import { type FalcoSettings } from '../../settings';
import { nodeFilterKeys } from './allowed';
import { KindPicker } from './KindPicker';
import { type Kind, KINDS } from './kinds';
import { NodeRows } from './NodeRows';
import { Options } from './Options';
import { PromqlEditor } from './PromqlEditor';
import { SignalRows } from './SignalRows';

/** The editor in panels, in Explore and in alert rules. */
export function QueryEditor(props: QueryEditorProps<FalcoDataSource, FalcoQuery, FalcoSettings>) {
  const { datasource, onRunQuery, app, data, range } = props;
  const saved = migrateQuery(props.query);
  const query = withDefaults(saved);
  const change = (changed: Partial<FalcoQuery>) => {
    props.onChange({ ...saved, ...changed });
    onRunQuery();
  };
  const error = data?.errors?.find(({ refId }) => refId === query.refId)?.message;
  const kind = KINDS.find(({ value }) => value === query.queryType);
  const refused = app === CoreApp.UnifiedAlerting && kind?.onlyWords === true;
  const rows = { query, datasource, change };

  return (
    <>
      <EditorHeader>
        <KindPicker kind={query.queryType} app={app} onChange={(to) => change(asKind(to, query, datasource))} />
      </EditorHeader>
      <EditorRows>
        {kind === undefined && (
          <Alert
            severity="warning"
            title={`This version cannot edit queries of kind “${query.queryType}”. Choose another kind above to replace it.`}
          />
        )}
        {refused && (
          <Alert
            severity="warning"
            title={`Queries of kind “${kind.label}” give words, which an alert rule cannot judge. Choose another kind above.`}
          />
        )}
        {query.queryType === 'signal' && <SignalRows {...rows} />}
        {query.queryType === 'promql' && (
          <EditorRow>
            <PromqlEditor
              expr={query.expr ?? ''}
              datasource={datasource}
              error={error}
              onChange={(expr) => change({ expr })}
            />
          </EditorRow>
        )}
        {kind !== undefined && !givesSeries(query.queryType) && <NodeRows {...rows} />}
        <Options query={query} app={app} settings={datasource.settings} range={range} onChange={change} />
      </EditorRows>
    </>
  );
}

/** What changes with the kind: ids, labels and format mean something else in each. */
function asKind(kind: Kind, query: FalcoQuery, datasource: FalcoDataSource): Partial<FalcoQuery> {
  if (givesSeries(kind) && givesSeries(query.queryType)) {
    return kind === 'promql'
      ? { queryType: kind, expr: query.expr ?? expressionOf(query, datasource), limit: undefined }
      : { queryType: kind };
  }
  const keys = nodeFilterKeys(datasource.settings);
  return {
    queryType: kind,
    filters: query.filters?.filter(({ key }) => keys.includes(key)),
    signals: undefined,
    groupBy: undefined,
    limit: undefined,
    compare: undefined,
    format: undefined,
    instant: undefined,
  };
}

/** What a single chosen signal stands for, to begin with. */
function expressionOf(query: FalcoQuery, { settings }: FalcoDataSource): string {
  try {
    const expressions = expressionsOf(query, settings);
    return expressions.length === 1 ? (expressions[0]?.expr ?? '') : '';
  } catch {
    return '';
  }
}
