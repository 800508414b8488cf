import { type QueryEditorProps } from '@grafana/data';
import { EditorHeader, EditorRow, EditorRows } from '@grafana/plugin-ui';
import { Alert, RadioButtonGroup } from '@grafana/ui';
import { type FalcoDataSource } from '../../datasource';
import { expressionsOf } from '../../expression';
import { type CompleteQuery, type FalcoQuery, migrateQuery, withDefaults } from '../../query';
import { type FalcoSettings } from '../../settings';
import { filterKeysOf, knownSignals } from './allowed';
import { Filters } from './Filters';
import { GroupBy } from './GroupBy';
import { Options } from './Options';
import { PromqlEditor } from './PromqlEditor';
import { PromqlPreview } from './PromqlPreview';
import { SignalHelp } from './SignalHelp';
import { SignalPicker } from './SignalPicker';

type Kind = FalcoQuery['kind'];

const KINDS: Array<{ value: Kind; label: string; description: string }> = [
  { value: 'signal', label: 'Signal', description: 'Figures that are worked out for you' },
  { value: 'promql', label: 'PromQL', description: 'Any expression over what Falco exports' },
];

/** The editor in panels, in Explore and in alert rules. */
export function QueryEditor(props: QueryEditorProps<FalcoDataSource, FalcoQuery, FalcoSettings>) {
  const { datasource, onRunQuery, app, data } = props;
  const saved = migrateQuery(props.query);
  const query = withDefaults(saved);
  const change = (changed: Partial<FalcoQuery>) => {
    props.onChange({ ...saved, ...changed });
    onRunQuery();
  };
  const error = data?.errors?.find(({ refId }) => refId === query.refId)?.message;

  return (
    <>
      <EditorHeader>
        <RadioButtonGroup
          aria-label="Kind of query"
          size="sm"
          options={KINDS}
          value={query.kind}
          onChange={(kind) =>
            change(kind === 'promql' ? { kind, expr: query.expr ?? expressionOf(query, datasource) } : { kind })
          }
        />
      </EditorHeader>
      <EditorRows>
        {query.kind === 'signal' && <SignalRows {...{ query, datasource, change }} />}
        {query.kind === 'promql' && (
          <EditorRow>
            <PromqlEditor
              expr={query.expr ?? ''}
              datasource={datasource}
              error={error}
              onChange={(expr) => change({ expr })}
            />
          </EditorRow>
        )}
        {KINDS.every(({ value }) => value !== query.kind) && (
          <Alert
            severity="warning"
            title={`This version cannot edit queries of kind “${query.kind}”. Choose Signal or PromQL above to replace it.`}
          />
        )}
        <EditorRow>
          <Options query={query} app={app} onChange={change} />
        </EditorRow>
      </EditorRows>
    </>
  );
}

interface SignalRowsProps {
  query: CompleteQuery;
  datasource: FalcoDataSource;
  change: (changed: Partial<FalcoQuery>) => void;
}

function SignalRows({ query, datasource, change }: SignalRowsProps) {
  const { settings } = datasource;
  const signals = knownSignals(query.signals);
  return (
    <>
      <EditorRow>
        <SignalPicker signals={query.signals ?? []} onChange={(chosen) => change({ signals: chosen })} />
        <GroupBy signals={query.signals ?? []} by={query.by} settings={settings} onChange={(by) => change({ by })} />
        <Filters
          filters={query.filters}
          keys={filterKeysOf(signals, settings)}
          values={(label, others) => datasource.labelValues(label, others)}
          onChange={(filters) => change({ filters })}
        />
      </EditorRow>
      <EditorRow>
        <PromqlPreview query={query} settings={settings} onEdit={(expr) => change({ kind: 'promql', expr })} />
        <SignalHelp signals={signals} />
      </EditorRow>
    </>
  );
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
