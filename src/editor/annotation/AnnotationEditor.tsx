import { type QueryEditorProps } from '@grafana/data';
import { EditorRows } from '@grafana/plugin-ui';
import { type FalcoDataSource } from '../../datasource';
import { asEvents, type FalcoQuery, withDefaults } from '../../query';
import { type FalcoSettings } from '../../settings';
import { NodeRows } from '../query/NodeRows';

/** The editor of a dashboard's annotation: which events are marked, and of which nodes. */
export function AnnotationEditor(props: QueryEditorProps<FalcoDataSource, FalcoQuery, FalcoSettings>) {
  const saved = asEvents(props.query);
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
