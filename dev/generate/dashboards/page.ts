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
import { inSight, pageLinks } from './links';
import { textPanel } from './panels';
import { datasource, eventsBut, inCluster, pluginId, tableOf } from './queries';

/** Panels under one heading. Heading and help have the panel ids `id` and `id + 1`. */
export interface Group {
  id: number;
  /** Undefined for the panels at the top. */
  title?: string;
  help: string;
  panels: Array<cog.Builder<Panel>>;
}

export interface Page {
  uid: string;
  title: string;
  description: string;
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

function ask(label: string, title: string, filters: unknown[]): QueryVariableBuilder {
  return new QueryVariableBuilder(label)
    .label(title)
    .datasource(datasource)
    .query({ refId: label, queryType: 'label', label, filters })
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
 * The nodes of the selected clusters and versions. "All" expands to exactly these nodes, so the
 * version also applies to signals without a version label, such as whether a node is up.
 */
function nodeVariable(single: boolean): QueryVariableBuilder {
  const filters = [inCluster, ofVersion, isFalco];
  return single ? ask('node', 'Node', filters).allowCustomValue(false) : labelVariable('node', 'Node', filters);
}

/**
 * Events as marks on every graph, and where the data starts. A rollout is a single mark; that a node is up again is not
 * marked.
 */
function whatHappened(): AnnotationQueryBuilder {
  return new AnnotationQueryBuilder()
    .name('Events')
    .datasource(datasource)
    .enable(true)
    .hide(false)
    .iconColor('orange')
    .target(tableOf('events', { refId: 'Anno', groupBy: [], signals: eventsBut('back') }));
}

export function page({
  uid,
  title,
  description,
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
    .tags(['falco'])
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

/** The help panel has room for three lines on a screen of 1280 pixels with Grafana's menu. */
function add(board: DashboardBuilder, { id, title, help, panels }: Group): void {
  if (title !== undefined) {
    board.withRow(new RowBuilder(title).id(id));
  }
  const place = { id: id + 1, title: '', description: 'How to read this group.', w: 24, h: help.length > 280 ? 3 : 2 };
  board.withPanel(textPanel(place, help).transparent(true));
  panels.forEach((panel) => board.withPanel(panel));
}
