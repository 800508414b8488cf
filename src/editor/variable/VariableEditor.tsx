import { type QueryEditorProps } from '@grafana/data';
import { EditorField, EditorRow, EditorRows } from '@grafana/plugin-ui';
import { Combobox } from '@grafana/ui';
import { useId } from 'react';
import { type FalcoDataSource } from '../../datasource';
import { type FalcoQuery, type FalcoVariableQuery } from '../../query';
import { type FalcoSettings } from '../../settings';
import { filterKeysOf } from '../query/allowed';
import { Filters } from '../query/Filters';

type Props = QueryEditorProps<FalcoDataSource, FalcoQuery, FalcoSettings, FalcoVariableQuery>;

/** The editor of a dashboard's variable: whose values are listed, and on which samples. */
export function VariableEditor({ datasource, query, onChange }: Props) {
  const id = useId();
  const current: FalcoVariableQuery = {
    refId: query.refId ?? 'variable',
    queryType: 'label',
    label: query.label ?? '',
    filters: query.filters ?? [],
  };
  const lookUp = async (text: string) => {
    const labels = await datasource.labels().catch(() => filterKeysOf([], datasource.settings));
    return labels.filter((label) => label.includes(text)).map((label) => ({ value: label, label }));
  };
  return (
    <EditorRows>
      <EditorRow>
        <EditorField label="Values of the label" tooltip="The variable takes every value that this label has.">
          <Combobox
            id={id}
            placeholder="node"
            options={lookUp}
            value={current.label || null}
            onChange={({ value }) => onChange({ ...current, label: value })}
            createCustomValue
            width={30}
          />
        </EditorField>
        <Filters
          filters={current.filters ?? []}
          keys={filterKeysOf([], datasource.settings)}
          values={(label, others) => datasource.labelValues(label, others)}
          onChange={(filters) => onChange({ ...current, filters })}
        />
      </EditorRow>
    </EditorRows>
  );
}
