import { type QueryEditorProps } from '@grafana/data';
import { EditorField, EditorRow, EditorRows } from '@grafana/plugin-ui';
import { Combobox } from '@grafana/ui';
import { useId } from 'react';
import { type FalcoDataSource } from '../../datasource';
import { t, verbatim } from '../../i18n';
import { type FalcoQuery, type FalcoVariableQuery } from '../../query';
import { type FalcoSettings } from '../../settings';
import { Filters } from '../query/Filters';
import { commonFilterKeys } from '../query/labelChoices';
import { useLoader } from '../useLoader';

type Props = QueryEditorProps<FalcoDataSource, FalcoQuery, FalcoSettings, FalcoVariableQuery>;

/** The editor of a query variable: the label whose values are listed, and filters on the samples. */
export function VariableEditor({ datasource, query, onChange }: Props) {
  const id = useId();
  const { load, failure } = useLoader();
  const current: FalcoVariableQuery = {
    refId: query.refId ?? 'variable',
    queryType: 'label',
    label: query.label ?? '',
    filters: query.filters ?? [],
    ...(query.worstFirst && { worstFirst: true }),
  };
  const keys = commonFilterKeys([], datasource.settings);
  const loadLabels = async (text: string) => {
    const labels = await load(t('editor.labels', 'labels'), () => datasource.labels(), keys);
    return labels.filter((label) => label.includes(text)).map((label) => ({ value: label, label }));
  };
  return (
    <EditorRows>
      <EditorRow>
        <EditorField
          label={t('variable.label', 'Label')}
          tooltip={t('variable.label-help', 'The variable lists all values of this label.')}
          invalid={failure !== undefined}
          error={failure}
        >
          <Combobox
            id={id}
            placeholder={verbatim('node')}
            options={loadLabels}
            value={current.label || null}
            onChange={({ value }) => onChange({ ...current, label: value })}
            createCustomValue
            width={30}
          />
        </EditorField>
        <Filters
          filters={current.filters ?? []}
          keys={keys}
          loadValues={(label, others) => datasource.labelValues(label, others)}
          onChange={(filters) => onChange({ ...current, filters })}
        />
      </EditorRow>
    </EditorRows>
  );
}
