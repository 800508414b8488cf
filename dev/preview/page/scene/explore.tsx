/** The Explore page: the query editor, a graph and a table. */
import { css } from '@emotion/css';
import {
  CoreApp,
  DataSourcePluginContextProvider,
  getDefaultTimeRange,
  LoadingState,
  type DataSourceApi,
  type GrafanaTheme2,
} from '@grafana/data';
import { getDataSourceSrv } from '@grafana/runtime';
import {
  EmbeddedScene,
  SceneControlsSpacer,
  sceneGraph,
  SceneObjectBase,
  SceneQueryRunner,
  SceneRefreshPicker,
  SceneTimePicker,
  SceneTimeRange,
  VizPanel,
  type SceneComponentProps,
  type SceneDataQuery,
  type SceneObjectState,
} from '@grafana/scenes';
import { Alert, Button, useStyles2 } from '@grafana/ui';
import { collectNotices } from './notices';

export function exploreScene(source: DataSourceApi): EmbeddedScene {
  const query: SceneDataQuery = {
    refId: 'A',
    ...source.getDefaultQuery?.(CoreApp.Explore),
    datasource: source.getRef(),
  };
  return new EmbeddedScene({
    $timeRange: new SceneTimeRange({ from: 'now-1h', to: 'now' }),
    $data: new SceneQueryRunner({ queries: [query], datasource: source.getRef(), maxDataPoints: 720 }),
    controls: [new SceneControlsSpacer(), new SceneTimePicker({}), new SceneRefreshPicker({ withText: true })],
    body: new Explore({
      source,
      query,
      graph: new VizPanel({ title: 'Graph', pluginId: 'timeseries' }),
      table: new VizPanel({ title: 'Table', pluginId: 'table' }),
    }),
  });
}

interface ExploreState extends SceneObjectState {
  source: DataSourceApi;
  query: SceneDataQuery;
  graph: VizPanel;
  table: VizPanel;
}

class Explore extends SceneObjectBase<ExploreState> {
  runner(): SceneQueryRunner {
    return sceneGraph.getData(this) as SceneQueryRunner;
  }

  readonly run = () => {
    this.runner().setState({ queries: [this.state.query] });
    this.runner().runQueries();
  };

  static Component = ExploreBody;
}

function ExploreBody({ model }: SceneComponentProps<Explore>) {
  const styles = useStyles2(getStyles);
  const { source, query, graph, table } = model.useState();
  const { data } = model.runner().useState();
  const Editor = source.components?.QueryEditor;
  return (
    <div className={styles.column}>
      <div className={styles.editor}>
        {Editor ? (
          <DataSourcePluginContextProvider instanceSettings={getDataSourceSrv().getInstanceSettings(source.uid)!}>
            <Editor
              datasource={source}
              query={query}
              queries={[query]}
              app={CoreApp.Explore}
              data={data}
              range={data?.timeRange ?? getDefaultTimeRange()}
              onChange={(query) => model.setState({ query })}
              onRunQuery={model.run}
            />
          </DataSourcePluginContextProvider>
        ) : (
          <Alert severity="info" title="The plugin has no query editor" />
        )}
        <div>
          <Button icon="play" onClick={model.run} disabled={data?.state === LoadingState.Loading}>
            Run query
          </Button>
        </div>
      </div>
      {collectNotices(data).map(({ text, severity }) => (
        <Alert key={text} severity={severity} title={text} bottomSpacing={0} />
      ))}
      <div className={styles.graph}>
        <graph.Component model={graph} />
      </div>
      <div className={styles.table}>
        <table.Component model={table} />
      </div>
    </div>
  );
}

function getStyles(theme: GrafanaTheme2) {
  return {
    column: css({ flexGrow: 1, minWidth: 0, display: 'flex', flexDirection: 'column', gap: theme.spacing(2) }),
    editor: css({
      display: 'flex',
      flexDirection: 'column',
      gap: theme.spacing(2),
      padding: theme.spacing(2),
      background: theme.colors.background.primary,
      border: `1px solid ${theme.colors.border.weak}`,
      borderRadius: theme.shape.radius.default,
    }),
    graph: css({ position: 'relative', height: 360 }),
    table: css({ position: 'relative', height: 360 }),
  };
}
