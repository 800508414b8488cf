/**
 * The few kinds of panel that the shipped dashboards are made of. What a value means (unit, colour,
 * thresholds, names of values) comes with the data from the catalogue and is not repeated here.
 */
import * as bargauge from '@grafana/grafana-foundation-sdk/bargauge';
import * as common from '@grafana/grafana-foundation-sdk/common';
import * as dashboard from '@grafana/grafana-foundation-sdk/dashboard';
import * as stat from '@grafana/grafana-foundation-sdk/stat';
import * as statetimeline from '@grafana/grafana-foundation-sdk/statetimeline';
import * as table from '@grafana/grafana-foundation-sdk/table';
import * as text from '@grafana/grafana-foundation-sdk/text';
import * as timeseries from '@grafana/grafana-foundation-sdk/timeseries';
import { type Signal } from '../../../src/signals/types';
import { nodeLink, toNode } from './links';
import { datasource, signal, worst, type Target } from './queries';

export { pluginId, signal, signals } from './queries';

export interface Place {
  id: number;
  title: string;
  description: string;
  w: number;
  h: number;
}

/** The colours of a signal's thresholds; blue where nothing is judged, as the backend does. */
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

/** Grafana paints an empty tile with the lowest threshold, which is green where less is better: nothing known is no good news. */
const unknown: dashboard.SpecialValueMap = {
  type: dashboard.MappingType.SpecialValue,
  options: { match: dashboard.SpecialValueMatch.NullAndNan, result: { text: 'unknown', color: 'purple', index: 0 } },
};

/** One figure now, with its name where `named`. */
export function statPanel(place: Place, query: Target, named = false): stat.PanelBuilder {
  return placed(new stat.PanelBuilder(), place)
    .withTarget(query)
    .maxDataPoints(100)
    .reduceOptions(lastValue())
    .mappings([unknown])
    .colorMode(common.BigValueColorMode.BackgroundSolid)
    .graphMode(common.BigValueGraphMode.None)
    .textMode(named ? common.BigValueTextMode.ValueAndName : common.BigValueTextMode.Value);
}

/** In place of "No data", which sounds as if all were well. Not for tables: their empty cells would say it, too. */
const nothing = 'Nothing is known here: the sign at the title says why.';

/** How many points a line has at most: of 200 nodes each point costs the backend some milliseconds. */
const points = 80;

/** Fewer points for figures that are made of dozens of others, by how much there is in the signal's template. */
export function coarse<P extends { maxDataPoints(n: number): P }>(panel: P, id: string): P {
  const { length } = signal(id).expr;
  return length > 3000 ? panel.maxDataPoints(points / 4) : length > 1000 ? panel.maxDataPoints(points / 2) : panel;
}

/** Lines over time, from 0, with the thresholds of the signal `limits` as dashed lines, which are always in sight. */
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
        .axisSoftMax(critical)
        .thresholdsStyle(new common.GraphThresholdsStyleConfigBuilder().mode(common.GraphThresholdsStyleMode.Dashed));
}

/**
 * As {@link seriesPanel}, of the worst nodes, or of what the query tells apart: ten where the panel is half as wide as
 * the page, five where it is narrower. A click leads to the node.
 */
export function worstPanel(place: Place, id: string, limits = false, query: Record<string, unknown> = {}) {
  // Ten areas on each other would be a brown one.
  const panel = seriesPanel(place, [worst(id, place.w < 12 ? 5 : 10, query)], limits ? id : undefined).fillOpacity(0);
  return coarse(panel, id).dataLinks([toNode('${__field.labels.node}')]);
}

/** As {@link seriesPanel}, the series stacked to their sum. */
export function stackedPanel(place: Place, queries: Target[]): timeseries.PanelBuilder {
  return seriesPanel(place, queries)
    .fillOpacity(40)
    .stacking(new common.StackingConfigBuilder().mode(common.StackingMode.Normal).group('A'));
}

/**
 * A table, coloured where its figures are judged; names of nodes lead to the node. Headers are wrapped,
 * so that many columns have room. Grafana gives every column without a width the same share of the rest, or its least
 * width where that is more: a column that needs more than the others gets a width, or the table does not fit.
 */
export function tablePanel(place: Place, query: Target, sortBy?: string): table.PanelBuilder {
  const panel = placed(new table.PanelBuilder(), place)
    .withTarget(query)
    .maxDataPoints(100)
    .cellOptions({ type: common.TableCellDisplayMode.ColorText, wrapText: false })
    .minWidth(75)
    .overrideByRegexp('.*', [{ id: 'custom.wrapHeaderText', value: true }])
    // Times are not judged.
    .overrideByFieldType('time', [{ id: 'custom.cellOptions', value: { type: 'auto' } }])
    .overrideByRegexp('^[Nn]ode$', [
      { id: 'links', value: [nodeLink('${__value.raw}')] },
      { id: 'custom.width', value: 130 },
      { id: 'custom.wrapText', value: true },
    ])
    .overrideByRegexp('^[Cc]luster$', [
      { id: 'custom.width', value: 90 },
      { id: 'custom.wrapText', value: true },
    ])
    .overrideByRegexp('^(Uptime|Availability)$', [{ id: 'custom.width', value: 86 }]);
  return sortBy === undefined
    ? panel
    : panel.sortBy([new common.TableSortByFieldStateBuilder().displayName(sortBy).desc(true)]);
}

/** A table of checks over several nodes, whose last column needs the room. */
export function checksPanel(place: Place, query: Target): table.PanelBuilder {
  return tablePanel(place, query)
    .overrideByRegexp('^(Verdict|Critical|Warning|Unknown|Ok)$', [{ id: 'custom.width', value: 80 }])
    .overrideByRegexp('^(Dimension|Check)$', [
      { id: 'custom.width', value: 150 },
      { id: 'custom.wrapText', value: true },
    ]);
}

/** A table of rules, whose names and tags are long. */
export function rulesPanel(place: Place, query: Target): table.PanelBuilder {
  return tablePanel(place, query)
    .overrideByRegexp('^(Rule|Tags)$', [{ id: 'custom.wrapText', value: true }])
    .overrideByRegexp('^(Priority|Source|Matches|Share.*|Nodes.*|Silent)$', [{ id: 'custom.width', value: 85 }])
    .overrideByName('Last match', [
      { id: 'custom.width', value: 115 },
      { id: 'unit', value: 'time:MM-DD HH:mm:ss' },
    ]);
}

/** Hides columns of a table. A transformation would drop an answer without rows, and with it the reason. */
export function without(panel: table.PanelBuilder, names: string[]): table.PanelBuilder {
  return panel.overrideByRegexp(`^(${names.join('|')})$`, [{ id: 'custom.hideFrom.viz', value: true }]);
}

/** Horizontal bars now, one a series, with the names of its legend also where there is only one. */
export function barsPanel(place: Place, query: Target): bargauge.PanelBuilder {
  const { legend = '' } = query.build() as { legend?: string };
  return (
    placed(new bargauge.PanelBuilder(), place)
      .withTarget(query)
      .displayName(legend.replaceAll(/\{\{(\w+)\}\}/g, '${__field.labels.$1}'))
      // Where there is nothing, Grafana makes a bar in the lowest colour: no green.
      .thresholds(new dashboard.ThresholdsConfigBuilder().steps([{ value: null, color: 'purple' }]))
      .maxDataPoints(100)
      .noValue(nothing)
      .reduceOptions(lastValue())
      .orientation(common.VizOrientation.Horizontal)
      .displayMode(common.BarGaugeDisplayMode.Basic)
      .minVizHeight(12)
      .maxVizHeight(40)
      .text(new common.VizTextDisplayOptionsBuilder().titleSize(12).valueSize(14))
      .namePlacement(common.BarGaugeNamePlacement.Left)
      .sizing(common.BarGaugeSizing.Auto)
  );
}

/** One band a series, coloured by the names of its values. */
export function statesPanel(place: Place, query: Target): statetimeline.PanelBuilder {
  return (
    placed(new statetimeline.PanelBuilder(), place)
      .withTarget(query)
      .interval('5s')
      .maxDataPoints(points)
      .noValue(nothing)
      // Grafana's own choice for these bands is a scale on which 1 is red.
      .colorScheme(new dashboard.FieldColorBuilder().mode(dashboard.FieldColorModeId.Thresholds))
      .mergeValues(true)
      .showValue(common.VisibilityMode.Never)
      .rowHeight(0.8)
  );
}

export function textPanel(place: Place, content: string): text.PanelBuilder {
  return placed(new text.PanelBuilder(), place).mode(text.TextMode.Markdown).content(content);
}
