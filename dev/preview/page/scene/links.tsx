/** The links of a dashboard. */
import { textUtil, urlUtil, type UrlQueryMap } from '@grafana/data';
import { getBackendSrv } from '@grafana/runtime';
import {
  sceneGraph,
  SceneObjectBase,
  type SceneComponentProps,
  type SceneObject,
  type SceneObjectState,
} from '@grafana/scenes';
import { Button, Dropdown, LinkButton, Menu, Tooltip, type IconName } from '@grafana/ui';
import { useEffect, useState } from 'react';
import { type DashboardHit } from '../pages/api';
import { type DashboardLinkModel } from './model';

interface DashboardLinksState extends SceneObjectState {
  links: DashboardLinkModel[];
}

export class DashboardLinks extends SceneObjectBase<DashboardLinksState> {
  static Component = LinkButtons;
}

function LinkButtons({ model }: SceneComponentProps<DashboardLinks>) {
  const { links } = model.useState();
  // Subscribes to the time range, which links may include.
  const range = sceneGraph.getTimeRange(model).useState();
  return links.map((link, index) => {
    const carried = {
      ...(link.keepTime && { from: range.from, to: range.to }),
      ...(link.includeVars && variablesInUrl(model)),
    };
    return link.type === 'dashboards' ? (
      <TaggedDashboards key={index} link={link} carried={carried} />
    ) : (
      <OneLink
        key={index}
        link={{ ...link, title: sceneGraph.interpolate(model, link.title ?? '') }}
        url={urlUtil.appendQueryToUrl(sceneGraph.interpolate(model, link.url ?? ''), urlUtil.toUrlParams(carried))}
      />
    );
  });
}

/** The variables of the dashboard in URL notation. */
function variablesInUrl(model: SceneObject): UrlQueryMap {
  const { variables } = sceneGraph.getVariables(model).state;
  return Object.assign({}, ...variables.map(({ urlSync }) => urlSync?.getUrlState()));
}

function OneLink({ link, url }: { link: DashboardLinkModel; url: string }) {
  const icon: IconName = link.icon === 'doc' ? 'file-alt' : link.icon === 'dashboard' ? 'apps' : 'external-link-alt';
  const button = (
    <LinkButton
      variant="secondary"
      fill="outline"
      icon={icon}
      href={textUtil.sanitizeUrl(url)}
      target={link.targetBlank ? '_blank' : undefined}
    >
      {link.title}
    </LinkButton>
  );
  return link.tooltip ? <Tooltip content={link.tooltip}>{button}</Tooltip> : button;
}

function TaggedDashboards({ link, carried }: { link: DashboardLinkModel; carried: UrlQueryMap }) {
  const [hits, setHits] = useState<DashboardHit[]>([]);
  useEffect(() => {
    void getBackendSrv().get<DashboardHit[]>('/api/search').then(setHits);
  }, []);
  const found = hits
    .filter(({ tags }) => link.tags?.every((tag) => tags.includes(tag)))
    .map(({ uid, title, url }) => ({
      uid,
      title,
      url: urlUtil.appendQueryToUrl(url, urlUtil.toUrlParams(carried)),
    }));
  if (!link.asDropdown) {
    return found.map(({ uid, title, url }) => (
      <OneLink key={uid} link={{ ...link, title, icon: 'dashboard' }} url={url} />
    ));
  }
  const menu = (
    <Menu>
      {found.map(({ uid, title, url }) => (
        <Menu.Item key={uid} label={title} url={textUtil.sanitizeUrl(url)} />
      ))}
    </Menu>
  );
  return (
    <Dropdown overlay={menu}>
      <Button variant="secondary" fill="outline" icon="bars">
        {link.title}
      </Button>
    </Dropdown>
  );
}
