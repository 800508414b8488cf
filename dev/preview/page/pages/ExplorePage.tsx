import { css } from '@emotion/css';
import { type GrafanaTheme2 } from '@grafana/data';
import { getDataSourceSrv, locationService } from '@grafana/runtime';
import { UrlSyncContextProvider } from '@grafana/scenes';
import { LoadingPlaceholder, Select, useStyles2 } from '@grafana/ui';
import { useMemo } from 'react';
import { useLocation } from 'react-router-dom';
import { exploreScene } from '../scene/explore';
import { NotFound } from './NotFound';
import { Shell } from './Shell';
import { useRequest } from './useRequest';

export function ExplorePage() {
  const uid = new URLSearchParams(useLocation().search).get('ds') ?? 'default';
  const { value: source, error } = useRequest(uid, () => getDataSourceSrv().get(uid));
  const styles = useStyles2(getStyles);
  const scene = useMemo(() => source && exploreScene(source), [source]);
  if (error) {
    return <NotFound what="Data source" reason={error} />;
  }
  return (
    <Shell crumbs={[{ text: 'Explore' }]} wide>
      {scene && source ? (
        <UrlSyncContextProvider scene={scene}>
          <div className={styles.page}>
            <div className={styles.choice}>
              <Select
                aria-label="Data source"
                width={40}
                prefix={<img src={source.meta.info.logos.small} alt="" width={16} height={16} />}
                value={source.uid}
                options={getDataSourceSrv()
                  .getList()
                  .map(({ uid, name }) => ({ value: uid, label: name }))}
                onChange={({ value }) => locationService.partial({ ds: value })}
              />
            </div>
            <scene.Component model={scene} />
          </div>
        </UrlSyncContextProvider>
      ) : (
        <LoadingPlaceholder text="Loading plugin..." />
      )}
    </Shell>
  );
}

function getStyles(theme: GrafanaTheme2) {
  return {
    page: css({ position: 'relative', padding: theme.spacing(2) }),
    choice: css({ position: 'absolute', zIndex: theme.zIndex.navbarFixed }),
  };
}
