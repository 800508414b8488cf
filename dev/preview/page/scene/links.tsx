/** The links of a dashboard, beside its variables. */
import { textUtil, urlUtil } from '@grafana/data';
import { getBackendSrv } from '@grafana/runtime';
import { sceneGraph, SceneObjectBase, type SceneComponentProps, type SceneObjectState } from '@grafana/scenes';
import { LinkButton, Tooltip, type IconName } from '@grafana/ui';
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
  // Drawn again when the range changes: links may carry it along.
  const range = sceneGraph.getTimeRange(model).useState();
  return links.map((link, index) => {
    const carried: Record<string, string> = link.keepTime ? { from: range.from, to: range.to } : {};
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

function TaggedDashboards({ link, carried }: { link: DashboardLinkModel; carried: Record<string, string> }) {
  const [hits, setHits] = useState<DashboardHit[]>([]);
  useEffect(() => {
    void getBackendSrv().get<DashboardHit[]>('/api/search').then(setHits);
  }, []);
  return hits
    .filter(({ tags }) => link.tags?.every((tag) => tags.includes(tag)))
    .map(({ uid, title, url }) => (
      <OneLink
        key={uid}
        link={{ ...link, title, icon: 'dashboard' }}
        url={urlUtil.appendQueryToUrl(url, urlUtil.toUrlParams(carried))}
      />
    ));
}
