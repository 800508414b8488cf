import { CoreApp, getDefaultTimeRange, type DataSourceApi } from '@grafana/data';
import { getDataSourceSrv } from '@grafana/runtime';
import { LoadingPlaceholder } from '@grafana/ui';
import { useState, type ComponentType } from 'react';
import { useParams } from 'react-router-dom';
import { NotFound } from './NotFound';
import { Shell } from './Shell';
import { useRequest } from './useRequest';

/** What Grafana passes to the editors of variables, annotations and alert rules. */
interface EditorProps {
  datasource: DataSourceApi;
  query: object;
  app?: CoreApp;
  onChange: (query: object) => void;
  onRunQuery: () => void;
}

interface Place {
  title: string;
  query: object;
  app?: CoreApp;
  editor: (source: DataSourceApi) => unknown;
}

const places: Record<string, Place | undefined> = {
  alert: {
    title: 'Alert rule',
    query: { refId: 'A' },
    app: CoreApp.UnifiedAlerting,
    editor: ({ components }) => components?.QueryEditor,
  },
  annotation: { title: 'Annotation', query: { refId: 'Anno' }, editor: ({ annotations }) => annotations?.QueryEditor },
  variable: {
    title: 'Variable',
    query: { refId: 'variable' },
    editor: ({ variables }) => variables && 'editor' in variables && variables.editor,
  },
};

/** The editors that Grafana shows in its settings of dashboards and alert rules, by themselves. */
export function EditorsPage() {
  const { kind = '' } = useParams();
  const { value: source, error } = useRequest('default', () => getDataSourceSrv().get('default'));
  const place = places[kind];
  if (!place || error) {
    return <NotFound what="Editor" {...(error && { reason: error })} />;
  }
  return (
    <Shell crumbs={[{ text: place.title }]}>
      {source ? <Editor key={kind} source={source} place={place} /> : <LoadingPlaceholder text="Loading plugin..." />}
    </Shell>
  );
}

function Editor({ source, place }: { source: DataSourceApi; place: Place }) {
  const [query, setQuery] = useState(place.query);
  const Component = place.editor(source) as ComponentType<EditorProps & { range: object }>;
  return (
    <Component
      datasource={source}
      query={query}
      app={place.app}
      range={getDefaultTimeRange()}
      onChange={setQuery}
      onRunQuery={() => {}}
    />
  );
}
