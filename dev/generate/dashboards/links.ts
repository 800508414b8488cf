/** Where the dashboards lead to: each other, and the documentation. */
import type * as cog from '@grafana/grafana-foundation-sdk/cog';
import { DashboardLinkBuilder, DashboardLinkType, type DashboardLink } from '@grafana/grafana-foundation-sdk/dashboard';

export const docs = 'https://github.com/falco-metrics/falco-metrics-datasource/blob/main/docs';

const carried = 'var-ds=${ds}&${cluster:queryparam}&${__url_time_range}';

/** A data link to another of the dashboards, with its variables and time range. */
export function dashboardLink(title: string, uid: string, more = '${node:queryparam}') {
  return { title, url: `/d/${uid}?${carried}${more && `&${more}`}`, targetBlank: false };
}

/** A data link to one node in depth; `name` is what the link finds the node's name in. */
export function nodeLink(name: string) {
  return dashboardLink('Open this node', 'falco-node', `var-node=${name}`);
}

type Link = cog.Builder<DashboardLink>;

/** Without the builder's placement, which would hide it in a menu. */
export function inSight<T extends { placement?: unknown }>(builder: cog.Builder<T>): cog.Builder<T> {
  return {
    build: () => {
      const { placement: _, ...rest } = builder.build();
      return rest as T;
    },
  };
}

const built = (link: { title: string; url: string }): Link => ({ build: () => link as DashboardLink });

/** As {@link nodeLink} and {@link dashboardLink}, for the links of a panel's values. */
export const toNode = (name: string) => built(nodeLink(name));
export const toDashboard = (title: string, uid: string) => built(dashboardLink(title, uid));

/** The links at the top of every dashboard: all others, and how to read this one. */
export function pageLinks(uid: string): Link[] {
  return [
    new DashboardLinkBuilder('Falco dashboards')
      .type(DashboardLinkType.Dashboards)
      .tags(['falco'])
      .asDropdown(true)
      .includeVars(true)
      .keepTime(true),
    new DashboardLinkBuilder('How to read this')
      .type(DashboardLinkType.Link)
      .icon('doc')
      .url(`${docs}/dashboards.md#${uid}`)
      .targetBlank(true),
  ].map(inSight);
}
