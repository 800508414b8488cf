/** Links between the dashboards and to the documentation. */
import type * as cog from '@grafana/grafana-foundation-sdk/cog';
import { DashboardLinkBuilder, DashboardLinkType, type DashboardLink } from '@grafana/grafana-foundation-sdk/dashboard';
import { catalogue } from '../../../src/signals';
import { type DimensionId } from '../../../src/signals/types';

export const docs = 'https://github.com/falco-metrics/falco-metrics-datasource/blob/main/docs';

const carried = 'var-ds=${ds}&${cluster:queryparam}&${__url_time_range}';

/** A data link to another dashboard that keeps the variables and the time range. */
export function dashboardLink(title: string, uid: string, more = '${node:queryparam}') {
  return { title, url: `/d/${uid}?${carried}${more && `&${more}`}`, targetBlank: false };
}

/** The dashboard of each dimension. */
export const dimensionUids: Record<DimensionId, string> = {
  'data-quality': 'falco-data-quality',
  continuity: 'falco-fleet',
  resources: 'falco-resources',
  delivery: 'falco-delivery',
  security: 'falco-security',
};

/** A data link to the dashboard of a dimension. */
export function dimensionLink(dimension: DimensionId) {
  const { title = dimension } = catalogue.dimensions.find(({ id }) => id === dimension) ?? {};
  return dashboardLink(`Open ${title}`, dimensionUids[dimension]);
}

/** A data link to one panel of a dashboard, as large as the page. */
export function panelLink(uid: string, id: number) {
  return dashboardLink('Show over time', uid, `\${node:queryparam}&viewPanel=panel-${id}`);
}

/** A data link to the dashboard of one node; `name` is the expression for the name of the node. */
export function nodeLink(name: string) {
  return dashboardLink('Open this node', 'falco-node', `var-node=${name}`);
}

type Link = cog.Builder<DashboardLink>;

/** Omits the placement that the builder sets, which would hide the link in a menu. */
export function inSight<T extends { placement?: unknown }>(builder: cog.Builder<T>): cog.Builder<T> {
  return {
    build: () => {
      const { placement: _, ...rest } = builder.build();
      return rest as T;
    },
  };
}

/** A step of the work with the dashboards. Its tag, besides `falco`, puts a dashboard into the list of the step. */
export type Step = 'overview' | 'dimension' | 'investigation';
export const tagOf = (step: Step) => `falco-${step}`;

/** The dashboards of a step. Grafana sorts them by title. */
const list = (title: string, step: Step) =>
  new DashboardLinkBuilder(title)
    .type(DashboardLinkType.Dashboards)
    .tags([tagOf(step)])
    .asDropdown(true);

/** The links at the top of every dashboard: the others in the order of work, and the help page of this one. */
export function pageLinks(uid: string): Link[] {
  const others = [
    new DashboardLinkBuilder('Overview').type(DashboardLinkType.Link).icon('dashboard').url('/d/falco-overview'),
    list('Dimensions', 'dimension'),
    list('Investigate', 'investigation'),
  ];
  return [
    ...others.map((link) => link.includeVars(true).keepTime(true)),
    new DashboardLinkBuilder('Help')
      .type(DashboardLinkType.Link)
      .icon('doc')
      .url(`${docs}/dashboards.md#${uid}`)
      .targetBlank(true),
  ].map(inSight);
}
