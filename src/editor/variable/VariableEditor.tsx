import { type QueryEditorProps } from '@grafana/data';
import { EditorRow } from '@grafana/plugin-ui';
import { Combobox, type ComboboxOption } from '@grafana/ui';
import { useId } from 'react';
import { EditorField } from '../EditorField';
import { EditorRows } from '../EditorRows';
import { SwitchField } from '../SwitchField';
import { type FalcoDataSource } from '../../datasource';
import { t } from '../../i18n';
import { commonFilterKeys } from '../../labelChoices';
import { type FalcoQuery, type FalcoVariableQuery } from '../../query';
import { type FalcoSettings } from '../../settings';
import { lazyEditor } from '../lazyEditor';
import { Filters } from '../query/Filters';
import { useLoader } from '../useLoader';

type Props = QueryEditorProps<FalcoDataSource, FalcoQuery, FalcoSettings, FalcoVariableQuery>;
type VariableType = FalcoVariableQuery['queryType'];

const PromqlEditor = lazyEditor(async () => (await import('../promql/PromqlEditor')).PromqlEditor);

/** The editor of a query variable: what is listed, and what that depends on. */
export function VariableEditor({ datasource, query, onChange }: Props) {
  const id = useId();
  const types = listTypes();
  const type = types.some(({ value }) => value === query.queryType) ? query.queryType : 'label';
  const refId = query.refId ?? 'variable';
  return (
    <EditorRows>
      <EditorRow>
        <EditorField label={t('variable.type', 'Query type')}>
          <Combobox
            id={id}
            options={types}
            value={type}
            onChange={({ value }) => onChange({ refId, queryType: value })}
            width={35}
          />
        </EditorField>
        {type === 'label' && <LabelFields datasource={datasource} query={{ ...query, refId }} onChange={onChange} />}
      </EditorRow>
      {type === 'promql' && (
        <EditorRow>
          <PromqlEditor
            expr={query.expr ?? ''}
            datasource={datasource}
            onChange={(expr) => onChange({ refId, queryType: 'promql', expr })}
          />
        </EditorRow>
      )}
    </EditorRows>
  );
}

function listTypes(): Array<ComboboxOption<VariableType>> {
  return [
    { value: 'label', label: t('variable.type-label', 'Label values') },
    { value: 'labels', label: t('variable.type-labels', 'Label names') },
    {
      value: 'signals',
      label: t('variable.type-signals', 'Signals'),
      description: t('variable.type-signals-help', 'For the signals of a query, such as $signal'),
    },
    { value: 'metrics', label: t('variable.type-metrics', 'Metrics') },
    {
      value: 'promql',
      label: t('variable.type-promql', 'Query result'),
      description: t('variable.type-promql-help', 'The series of a PromQL expression, to be cut with a regex'),
    },
  ];
}

/** The label whose values can be sorted by verdict. */
const NODE = 'node';

/** The label whose values are listed, their order, and filters on the samples. */
function LabelFields({ datasource, query, onChange }: Pick<Props, 'datasource' | 'query' | 'onChange'>) {
  const id = useId();
  const { load, failure } = useLoader();
  const current: FalcoVariableQuery = {
    refId: query.refId,
    queryType: 'label',
    label: query.label ?? '',
    filters: query.filters ?? [],
    ...(query.worstFirst && query.label === NODE && { worstFirst: true }),
  };
  const { worstFirst: _, ...byName } = current;
  const keys = commonFilterKeys([], datasource.settings);
  const loadLabels = async (text: string) => {
    const labels = await load(t('editor.labels', 'labels'), () => datasource.labels(), keys);
    return labels.filter((label) => label.includes(text)).map((label) => ({ value: label, label }));
  };
  return (
    <>
      <EditorField
        label={t('variable.label', 'Label')}
        tooltip={t('variable.label-help', 'The variable lists all values of this label.')}
        invalid={failure !== undefined}
        error={failure}
      >
        <Combobox
          id={id}
          placeholder={t('variable.select-label', 'Select a label')}
          options={loadLabels}
          value={current.label || null}
          onChange={({ value: label }) => onChange(label === NODE ? { ...current, label } : { ...byName, label })}
          createCustomValue
          width={30}
        />
      </EditorField>
      {current.label === NODE && (
        <SwitchField
          label={t('variable.worst-first', 'Worst first')}
          tooltip={t(
            'variable.worst-first-help',
            'Lists the nodes by their verdicts, so that a dashboard opens on the worst node. Leave Sort disabled.'
          )}
          value={current.worstFirst === true}
          onChange={(isOn) => onChange(isOn ? { ...current, worstFirst: true } : byName)}
        />
      )}
      <Filters
        filters={current.filters ?? []}
        keys={keys}
        loadValues={(label, others) => datasource.labelValues(label, others)}
        onChange={(filters) => onChange({ ...current, filters })}
      />
    </>
  );
}
