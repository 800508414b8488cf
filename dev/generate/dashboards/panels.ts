/**
 * The kinds of panels in the shipped dashboards. The data brings units, colours, thresholds and
 * value names from the catalogue; they are not repeated here.
 */
import * as bargauge from '@grafana/grafana-foundation-sdk/bargauge';
import * as common from '@grafana/grafana-foundation-sdk/common';
import * as dashboard from '@grafana/grafana-foundation-sdk/dashboard';
import * as heatmap from '@grafana/grafana-foundation-sdk/heatmap';
import * as stat from '@grafana/grafana-foundation-sdk/stat';
import * as statetimeline from '@grafana/grafana-foundation-sdk/statetimeline';
import * as table from '@grafana/grafana-foundation-sdk/table';
import * as text from '@grafana/grafana-foundation-sdk/text';
import * as timeseries from '@grafana/grafana-foundation-sdk/timeseries';
import { type Signal } from '../../../src/signals/types';
import { dashboardLink, nodeLink } from './links';
import { datasource, signal, worst, type Target } from './queries';

export { pluginId, signal, signals } from './queries';

export interface Place {
  id: number;
  title: string;
  description: string;
  w: number;
  h: number;
}

/** The colours of a signal's thresholds; blue without thresholds, as in the backend. */
export function thresholds({ thresholds: judged }: Pick<Signal, 'thresholds'>): dashboard.ThresholdsConfigBuilder {
  const bottom = { value: null, color: judged ? 'green' : 'blue' };
  const { direction, warning, critical } = judged ?? {};
  const step = (value: number | undefined, color: string) => (value === undefined ? [] : [{ value, color }]);
  const steps: dashboard.Threshold[] =
    direction === 'below'
      ? [
          { value: null, color: critical === undefined ? 'yellow' : 'red' },
          ...step(critical, warning === undefined ? 'green' : 'yellow'),
          ...step(warning, 'green'),
        ]
      : [bottom, ...step(warning, 'yellow'), ...step(critical, 'red')];
  return new dashboard.ThresholdsConfigBuilder().mode(dashboard.ThresholdsMode.Absolute).steps(steps);
}

interface Placeable {
  id(id: number): this;
  title(title: string): this;
  description(text: string): this;
  span(w: number): this;
  height(h: number): this;
  datasource(ref: typeof datasource): this;
}

function placed<P extends Placeable>(panel: P, { id, title, description, w, h }: Place): P {
  return panel.id(id).title(title).description(description).span(w).height(h).datasource(datasource);
}

const lastValue = () => new common.ReduceDataOptionsBuilder().calcs(['lastNotNull']).fields('').values(false);

/**
 * Grafana paints an empty tile in the colour of the lowest threshold, which is green if lower is
 * better. An unknown value must not be green.
 */
const unknown: dashboard.SpecialValueMap = {
  type: dashboard.MappingType.SpecialValue,
  options: { match: dashboard.SpecialValueMatch.NullAndNan, result: { text: 'unknown', color: 'purple', index: 0 } },
};

/**
 * One current value, with its name if `named`. Only verdicts have a coloured background. Other values have the colour of
 * their thresholds, or that of plain text.
 */
export function statPanel(place: Place, query: Target, named = false): stat.PanelBuilder {
  const { queryType, signals: [id] = [] } = query.build() as { queryType?: string; signals?: string[] };
  const panel = placed(new stat.PanelBuilder(), place)
    .withTarget(query)
    .maxDataPoints(100)
    .reduceOptions(lastValue())
    .mappings([unknown])
    .graphMode(common.BigValueGraphMode.None)
    .justifyMode(common.BigValueJustifyMode.Center)
    .textMode(named ? common.BigValueTextMode.ValueAndName : common.BigValueTextMode.Value);
  if (named) {
    // A narrow tile has no room for the name beside the value.
    panel.wideLayout(false).text(new common.VizTextDisplayOptionsBuilder().titleSize(13).valueSize(28));
  }
  if (queryType === 'health') {
    return panel.colorMode(common.BigValueColorMode.BackgroundSolid);
  }
  const { thresholds: judged, values } = signal(id ?? '');
  const quiet = panel.colorMode(common.BigValueColorMode.Value);
  return judged || values
    ? quiet
    : quiet.colorScheme(new dashboard.FieldColorBuilder().mode(dashboard.FieldColorModeId.Fixed).fixedColor('text'));
}

/** Several verdicts as tiles of the same size. A click on one opens the dashboard that `uids` names for its title. */
export function verdictsPanel(place: Place, query: Target, uids: Record<string, string>): stat.PanelBuilder {
  const panel = statPanel(place, query, true)
    .orientation(common.VizOrientation.Vertical)
    .justifyMode(common.BigValueJustifyMode.Auto)
    .wideLayout(false)
    .text(new common.VizTextDisplayOptionsBuilder().titleSize(16).valueSize(26));
  return Object.entries(uids).reduce(
    (tiles, [title, uid]) =>
      tiles.overrideByName(title, [{ id: 'links', value: [dashboardLink(`Open ${title}`, uid)] }]),
    panel
  );
}

interface Linkable {
  overrideByRegexp(pattern: string, properties: Array<{ id: string; value: unknown }>): this;
}

/** Puts a link before that to the documentation of a signal, which the data brings. */
export function linked<P extends Linkable>(panel: P, link: { title: string; url: string }, id: string): P {
  const { link: url } = signal(id);
  const documentation = url ? [{ title: "Falco's documentation", url, targetBlank: true }] : [];
  return panel.overrideByRegexp('.*', [{ id: 'links', value: [link, ...documentation] }]);
}

/**
 * Replaces "No data", which sounds as if all were well. Not used for tables, whose empty cells
 * would show it too.
 */
const nothing = 'No data. See the panel’s notice for the reason.';

/**
 * Maximum number of points per line: with 200 nodes, each point costs the backend some
 * milliseconds.
 */
const points = 80;

/** Reduces the number of points for signals with large templates. */
export function coarse<P extends { maxDataPoints(n: number): P }>(panel: P, id: string): P {
  const { length } = signal(id).expr;
  return length > 3000 ? panel.maxDataPoints(points / 4) : length > 1000 ? panel.maxDataPoints(points / 2) : panel;
}

/**
 * Lines over time that start at 0. The thresholds of the signal `limits` are dashed lines that are
 * always visible.
 */
export function seriesPanel(place: Place, queries: Target[], limits?: string): timeseries.PanelBuilder {
  const panel = placed(new timeseries.PanelBuilder(), place)
    .targets(queries)
    .interval('5s')
    .maxDataPoints(points)
    .noValue(nothing)
    .lineWidth(1)
    .fillOpacity(8)
    .showPoints(common.VisibilityMode.Auto)
    .axisSoftMin(0)
    .legend(
      new common.VizLegendOptionsBuilder()
        .displayMode(common.LegendDisplayMode.List)
        .placement(common.LegendPlacement.Bottom)
        .showLegend(true)
    )
    .tooltip(
      new common.VizTooltipOptionsBuilder().mode(common.TooltipDisplayMode.Multi).sort(common.SortOrder.Descending)
    );
  const { warning, critical = warning } = (limits && signal(limits).thresholds) || {};
  return critical === undefined
    ? panel
    : panel
        .thresholdsStyle(new common.GraphThresholdsStyleConfigBuilder().mode(common.GraphThresholdsStyleMode.Dashed))
        // An override, because the data has a lower one.
        .overrideByRegexp('.*', [{ id: 'custom.axisSoftMax', value: critical }]);
}

/**
 * Like {@link seriesPanel}, for the worst nodes or for the groups of the query: ten in a panel of
 * half the page width, five in a narrower one. A click opens the node.
 */
export function worstPanel(place: Place, id: string, limits = false, query: Record<string, unknown> = {}) {
  // Ten overlapping areas would be unreadable.
  const panel = seriesPanel(place, [worst(id, place.w < 12 ? 5 : 10, query)], limits ? id : undefined).fillOpacity(0);
  return linked(coarse(panel, id), nodeLink('${__field.labels.node:percentencode}'), id);
}

/**
 * One row per series, the first at the top: hundreds of lines would be unreadable. The colours end at the critical threshold
 * of the signal `limits`, so that they mean the same on every dashboard. A cell without a value stays empty.
 */
export function heatmapPanel(place: Place, queries: Target[], limits: string): heatmap.PanelBuilder {
  const { critical = 1 } = signal(limits).thresholds ?? {};
  return (
    placed(new heatmap.PanelBuilder(), place)
      .targets(queries)
      .interval('5s')
      .maxDataPoints(points)
      .noValue(nothing)
      .color(
        new heatmap.HeatmapColorOptionsBuilder()
          .mode(heatmap.HeatmapColorMode.Scheme)
          .scheme('Oranges')
          .steps(64)
          .min(0)
          .max(critical)
      )
      // By default, Grafana leaves out zeros, as if they were unknown.
      .filterValues(new heatmap.FilterValueRangeBuilder().le(-1))
      .yAxis(new heatmap.YAxisConfigBuilder().reverse(true))
      .cellGap(0)
      .showValue(common.VisibilityMode.Never)
      .tooltip(new heatmap.HeatmapTooltipBuilder().mode(common.TooltipDisplayMode.Single).showColorScale(true))
  );
}

/** Like {@link seriesPanel}, with stacked series. */
export function stackedPanel(place: Place, queries: Target[]): timeseries.PanelBuilder {
  return seriesPanel(place, queries)
    .fillOpacity(40)
    .stacking(new common.StackingConfigBuilder().mode(common.StackingMode.Normal).group('A'));
}

/**
 * A table of one-line rows; node names link to the node. Headers wrap to make room for many columns. Grafana gives all
 * columns without a width the same share of the rest, but at least their minimum width. A column that needs more gets a
 * fixed width, otherwise the table overflows. The data brings the widths of tables without signals.
 */
export function tablePanel(place: Place, query: Target, sortBy?: string): table.PanelBuilder {
  const panel = placed(new table.PanelBuilder(), place)
    .withTarget(query)
    .maxDataPoints(100)
    .cellOptions({ type: common.TableCellDisplayMode.ColorText, wrapText: false })
    .minWidth(75)
    .overrideByRegexp('.*', [{ id: 'custom.wrapHeaderText', value: true }])
    // Times have no thresholds.
    .overrideByFieldType('time', [{ id: 'custom.cellOptions', value: { type: 'auto' } }])
    .overrideByRegexp('^[Nn]ode$', [
      { id: 'links', value: [nodeLink('${__value.raw:percentencode}')] },
      { id: 'custom.width', value: 130 },
    ])
    .overrideByRegexp('^[Cc]luster$', [{ id: 'custom.width', value: 105 }])
    // As wide as the longest name of a check.
    .overrideByName('Check', [{ id: 'custom.width', value: 225 }])
    .overrideByRegexp('^Availability$', [{ id: 'custom.width', value: 86 }])
    // "6.69K alerts/h".
    .overrideByName('Rule matches', [{ id: 'custom.width', value: 115 }])
    .overrideByRegexp('^(Uptime|Downtime|Blind time)$', [{ id: 'custom.width', value: 115 }]);
  return sortBy === undefined
    ? panel
    : panel.sortBy([new common.TableSortByFieldStateBuilder().displayName(sortBy).desc(true)]);
}

/**
 * Hides columns of a table, by name or title. A transformation would drop a response without rows, and with it the
 * notice.
 */
export function without(panel: table.PanelBuilder, names: string[]): table.PanelBuilder {
  return panel.overrideByRegexp(`/^(${names.join('|')})$/i`, [{ id: 'custom.hideFrom.viz', value: true }]);
}

/**
 * Horizontal bars of current values, one per series, labelled with the legend even if there is only
 * one.
 */
export function barsPanel(place: Place, query: Target): bargauge.PanelBuilder {
  return (
    placed(new bargauge.PanelBuilder(), place)
      .withTarget(query)
      .displayName('${__field.displayName}')
      // Without data, Grafana draws a bar in the lowest colour, which must not be green.
      .thresholds(new dashboard.ThresholdsConfigBuilder().steps([{ value: null, color: 'purple' }]))
      .maxDataPoints(100)
      .noValue(nothing)
      .reduceOptions(lastValue())
      .orientation(common.VizOrientation.Horizontal)
      .displayMode(common.BarGaugeDisplayMode.Basic)
      .valueMode(common.BarGaugeValueMode.Text)
      // With the size "auto", Grafana ignores these, and a single bar fills the panel.
      .minVizHeight(16)
      .maxVizHeight(40)
      .sizing(common.BarGaugeSizing.Manual)
      // Grafana makes room for the name with the most characters at 12 pixels. Others with as many may be wider.
      .text(new common.VizTextDisplayOptionsBuilder().titleSize(11).valueSize(14))
      .namePlacement(common.BarGaugeNamePlacement.Left)
  );
}

/** Without pages: Grafana shows page numbers even for a single one. The builder refuses 0, which turns them off. */
class StatesBuilder extends statetimeline.PanelBuilder {
  override build(): dashboard.Panel {
    const panel = super.build();
    return { ...panel, options: { ...(panel.options as object), perPage: 0 } };
  }
}

/** One band per series, coloured by the value names. */
export function statesPanel(place: Place, query: Target): statetimeline.PanelBuilder {
  return (
    placed(new StatesBuilder(), place)
      .withTarget(query)
      .interval('5s')
      .maxDataPoints(points)
      .noValue(nothing)
      // Grafana's default for this panel is a scale on which 1 is red.
      .colorScheme(new dashboard.FieldColorBuilder().mode(dashboard.FieldColorModeId.Thresholds))
      .mergeValues(true)
      .showValue(common.VisibilityMode.Never)
      .rowHeight(0.8)
  );
}

export function textPanel(place: Place, content: string): text.PanelBuilder {
  return placed(new text.PanelBuilder(), place).mode(text.TextMode.Markdown).content(content);
}
