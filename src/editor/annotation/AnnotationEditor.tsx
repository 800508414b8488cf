import { type QueryEditorProps } from '@grafana/data';
import { EditorRows } from '@grafana/plugin-ui';
import { type FalcoDataSource } from '../../datasource';
import { toEventsQuery, type FalcoQuery, withDefaults } from '../../query';
import { type FalcoSettings } from '../../settings';
import { NodeRows } from '../query/NodeRows';

/** The editor of an annotation query: event types and filters. */
export function AnnotationEditor(props: QueryEditorProps<FalcoDataSource, FalcoQuery, FalcoSettings>) {
  const saved = toEventsQuery(props.query);
  return (
    <EditorRows>
      <NodeRows
        query={withDefaults(saved)}
        datasource={props.datasource}
        change={(changed) => {
          props.onChange({ ...saved, ...changed });
          props.onRunQuery();
        }}
      />
    </EditorRows>
  );
}
