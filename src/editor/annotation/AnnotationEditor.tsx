import { type QueryEditorProps } from '@grafana/data';
import { EditorRow } from '@grafana/plugin-ui';
import { Combobox } from '@grafana/ui';
import { useId } from 'react';
import { EditorField } from '../EditorField';
import { EditorRows } from '../EditorRows';
import { type FalcoDataSource } from '../../datasource';
import { t } from '../../i18n';
import { toAnnotationQuery, type FalcoQuery, withDefaults } from '../../query';
import { type FalcoSettings } from '../../settings';
import { NodeRows } from '../query/NodeRows';

const listTypes = () => [
  {
    value: 'events' as const,
    label: t('annotation.events', 'Events'),
    description: t('annotation.events-help', 'Restarts, changes, bursts of drops and downtime'),
  },
  {
    value: 'impact' as const,
    label: t('annotation.impact', 'Impact'),
    description: t('annotation.impact-help', 'Changes of Falco, and how the figures changed with them'),
  },
];

/** The editor of an annotation query: what to show, event types or figures, and filters. */
export function AnnotationEditor(props: QueryEditorProps<FalcoDataSource, FalcoQuery, FalcoSettings>) {
  const id = useId();
  const saved = toAnnotationQuery(props.query);
  const change = (changed: Partial<FalcoQuery>) => {
    props.onChange({ ...saved, ...changed });
    props.onRunQuery();
  };
  const type = saved.queryType === 'impact' ? 'impact' : 'events';
  return (
    <EditorRows>
      <EditorRow>
        <EditorField label={t('annotation.show', 'Show')}>
          <Combobox
            id={id}
            options={listTypes()}
            value={type}
            // Ids and groupings of one type mean nothing in the other.
            onChange={({ value }) =>
              change(toAnnotationQuery({ ...saved, queryType: value, signals: undefined, groupBy: [] }))
            }
            width={35}
          />
        </EditorField>
      </EditorRow>
      <NodeRows query={withDefaults(saved)} datasource={props.datasource} change={change} />
    </EditorRows>
  );
}
