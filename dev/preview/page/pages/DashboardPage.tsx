import { css } from '@emotion/css';
import { type GrafanaTheme2 } from '@grafana/data';
import { UrlSyncContextProvider } from '@grafana/scenes';
import { LoadingPlaceholder, useStyles2 } from '@grafana/ui';
import { useEffect, useMemo } from 'react';
import { useParams } from 'react-router-dom';
import { setSceneContext } from '../runtime/templates';
import { createScene } from '../scene/dashboard';
import { type DashboardModel } from '../scene/model';
import { getDashboard } from './api';
import { NotFound } from './NotFound';
import { Shell } from './Shell';
import { useRequest } from './useRequest';

export function DashboardPage() {
  const { uid = '' } = useParams();
  const { value, error } = useRequest(uid, () => getDashboard(uid));
  if (error) {
    return <NotFound what="Dashboard" reason={error} />;
  }
  const title = value?.dashboard.title ?? '…';
  return (
    <Shell crumbs={[{ text: 'Dashboards', href: '/' }, { text: title }]} wide>
      {value ? <Dashboard key={uid} dashboard={value.dashboard} /> : <LoadingPlaceholder text="Loading dashboard..." />}
    </Shell>
  );
}

function Dashboard({ dashboard }: { dashboard: DashboardModel }) {
  const styles = useStyles2(getStyles);
  const scene = useMemo(() => createScene(dashboard), [dashboard]);
  useEffect(() => setSceneContext(scene), [scene]);
  return (
    <UrlSyncContextProvider scene={scene} updateUrlOnInit createBrowserHistorySteps>
      <div className={styles.canvas}>
        <scene.Component model={scene} />
      </div>
    </UrlSyncContextProvider>
  );
}

function getStyles(theme: GrafanaTheme2) {
  return { canvas: css({ flexGrow: 1, padding: theme.spacing(2) }) };
}
