/**
 * What all dashboards share: variables, links, annotations, and groups of panels with a help text.
 */
import type * as cog from '@grafana/grafana-foundation-sdk/cog';
import {
  AnnotationQueryBuilder,
  DashboardBuilder,
  DashboardCursorSync,
  DatasourceVariableBuilder,
  QueryVariableBuilder,
  RowBuilder,
  VariableRefresh,
  VariableSort,
  type Panel,
} from '@grafana/grafana-foundation-sdk/dashboard';
import { inSight, pageLinks, type Step, tagOf } from './links';
import { textPanel } from './panels';
import { datasource, eventsBut, inCluster, pluginId, tableOf } from './queries';

/** Panels under one heading. Heading and help have the panel ids `id` and `id + 1`. */
export interface Group {
  id: number;
  /** Undefined for the panels at the top. */
  title?: string;
  /** The panels are hidden, and ask for no data, until the row is opened. */
  collapsed?: true;
  help: string;
  panels: Array<cog.Builder<Panel>>;
}

export interface Page {
  uid: string;
  title: string;
  description: string;
  step: Step;
  /** Default time range; one hour if undefined. */
  from?: string;
  /** Refresh interval; 30 seconds if undefined. */
  refresh?: string;
  /** Select one node instead of several. */
  single?: boolean;
  variables?: QueryVariableBuilder[];
  /** Marks besides those of the events. */
  annotations?: AnnotationQueryBuilder[];
  groups: Group[];
}

const ofVersion = { key: 'version', operator: '=~', value: '${version:regex}' };
/** Only targets that are not Falcos have a label `kind`. */
const isFalco = { key: 'kind', operator: '=', value: '' };

function ask(label: string, title: string, filters: unknown[], more = {}): QueryVariableBuilder {
  return new QueryVariableBuilder(label)
    .label(title)
    .datasource(datasource)
    .query({ refId: label, queryType: 'label', label, filters, ...more })
    .definition(`label ${label}`)
    .refresh(VariableRefresh.OnTimeRangeChanged)
    .sort(VariableSort.NaturalAsc);
}

/** A variable with several values of a label, or all. */
export function labelVariable(label: string, title: string, filters: unknown[] = []): QueryVariableBuilder {
  return ask(label, title, filters)
    .multi(true)
    .includeAll(true)
    .current({ text: ['All'], value: ['$__all'] });
}

/**
 * The nodes of the selected clusters and versions. A single one is at first the worst. "All" expands to exactly these nodes, so the
 * version also applies to signals without a version label, such as whether a node is up.
 */
function nodeVariable(single: boolean): QueryVariableBuilder {
  return single
    ? ask('node', 'Node', [inCluster, ofVersion], { worstFirst: true })
        .sort(VariableSort.Disabled)
        .allowCustomValue(false)
    : labelVariable('node', 'Node', [inCluster, ofVersion, isFalco]);
}

/**
 * Events as marks on every graph, and where the data starts. A rollout is a single mark; that a node is up again is not
 * marked.
 */
function whatHappened(): AnnotationQueryBuilder {
  return (
    new AnnotationQueryBuilder()
      .name('Events')
      .datasource(datasource)
      .enable(true)
      .hide(false)
      // Grafana draws these lines two pixels wide. A transparent grey leaves the series in front, in both themes.
      .iconColor('rgba(128, 128, 128, 0.5)')
      .target(tableOf('events', { refId: 'Anno', groupBy: [], signals: eventsBut('back') }))
  );
}

export function page({
  uid,
  title,
  description,
  step,
  from = 'now-1h',
  refresh = '30s',
  single = false,
  variables = [],
  annotations = [],
  groups,
}: Page) {
  const board = new DashboardBuilder(title)
    .uid(uid)
    .description(description)
    .tags(['falco', tagOf(step)])
    .time({ from, to: 'now' })
    .refresh(refresh)
    .timezone('browser')
    .tooltip(DashboardCursorSync.Crosshair)
    .editable()
    .links(pageLinks(uid))
    .annotations([whatHappened(), ...annotations].map(inSight))
    .withVariable(
      new DatasourceVariableBuilder('ds')
        .label('Data source')
        .type(pluginId)
        // The provisioned data source, or the first one if there is none of this name.
        .current({ text: 'Falco Metrics', value: 'falco-metrics' })
    )
    .withVariable(labelVariable('cluster', 'Cluster').allValue('.*'))
    .withVariable(labelVariable('version', 'Version', [inCluster]).allValue('.*'))
    .withVariable(nodeVariable(single));
  variables.forEach((variable) => board.withVariable(variable));
  groups.forEach((group) => add(board, group));
  return board;
}

/** The length of a Markdown text as it is read: without the addresses of its links. */
const readLength = (text: string) => text.replace(/\]\([^)]*\)/g, ']').length;

/** The help panel has room for three lines on a screen of 1280 pixels with Grafana's menu. */
function add(board: DashboardBuilder, { id, title, collapsed, help, panels }: Group): void {
  const h = readLength(help) > 280 ? 3 : 2;
  const place = { id: id + 1, title: '', description: 'How to read this group.', w: 24, h };
  const all = [textPanel(place, help).transparent(true), ...panels];
  if (title !== undefined) {
    const row = new RowBuilder(title).id(id);
    board.withRow(collapsed ? withHidden(row, all) : row);
  }
  if (!collapsed) {
    all.forEach((panel) => board.withPanel(panel));
  }
}

/** A collapsed row contains its panels. Grafana moves them below the row when it opens, unless the first is at 0. */
function withHidden(row: RowBuilder, panels: Array<cog.Builder<Panel>>): RowBuilder {
  const next = { x: 0, y: 1, bottom: 1 };
  for (const panel of panels) {
    const built = panel.build();
    const { w = 0, h = 0 } = built.gridPos ?? {};
    if (next.x + w > 24) {
      Object.assign(next, { x: 0, y: next.bottom });
    }
    const gridPos = { x: next.x, y: next.y, w, h };
    row.withPanel({ build: () => ({ ...built, gridPos }) });
    Object.assign(next, { x: next.x + w, bottom: Math.max(next.bottom, next.y + h) });
  }
  return row.collapsed(true);
}
