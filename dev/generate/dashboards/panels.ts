/**
 * The few kinds of panel that the shipped dashboards are made of. What a value means (unit, colour,
 * thresholds, names of values) comes with the data from the catalogue and is not repeated here; only
 * figures that PromQL joins afresh, such as the worst of all nodes, have to be told.
 */
import * as bargauge from '@grafana/grafana-foundation-sdk/bargauge';
import type * as cog from '@grafana/grafana-foundation-sdk/cog';
import * as common from '@grafana/grafana-foundation-sdk/common';
import * as dashboard from '@grafana/grafana-foundation-sdk/dashboard';
import * as stat from '@grafana/grafana-foundation-sdk/stat';
import * as statetimeline from '@grafana/grafana-foundation-sdk/statetimeline';
import * as table from '@grafana/grafana-foundation-sdk/table';
import * as text from '@grafana/grafana-foundation-sdk/text';
import * as timeseries from '@grafana/grafana-foundation-sdk/timeseries';
import { QUERY_VERSION } from '../../../src/query';
import { catalogue } from '../../../src/signals';
import { type Signal } from '../../../src/signals/types';

export const pluginId = 'falco-metrics-datasource';
const datasource = { type: pluginId, uid: '${ds}' };

/** Only the clusters and nodes that the dashboard's variables choose. */
const chosen = [
  { key: 'cluster', operator: '=~', value: '${cluster:regex}' },
  { key: 'node', operator: '=~', value: '${node:regex}' },
];
// The data source escapes variables for a quoted string when no format is named.
const chosenMatchers = 'cluster=~"$cluster",node=~"$node"';

export interface Place {
  id: number;
  title: string;
  description: string;
  w: number;
  h: number;
}

type Target = cog.Builder<cog.Dataquery>;

function target(query: Record<string, unknown>): Target {
  return { build: () => ({ datasource, version: QUERY_VERSION, ...query }) as unknown as cog.Dataquery };
}

/** Signals of the chosen nodes, over time or, with `instant`, now. */
export function signals(ids: string[], query: Record<string, unknown> = {}): Target {
  return target({ refId: 'A', kind: 'signal', signals: ids, filters: chosen, ...query });
}

/** PromQL of the chosen nodes; `$filter` stands for the matchers. */
export function promql(expr: string, legend: string): Target {
  const filled = expr.replaceAll('$filter', chosenMatchers);
  return target({ refId: 'A', kind: 'promql', expr: filled, legend, instant: true });
}

/** A signal's template by node, to be put into a larger expression. */
export function byNode(id: string): string {
  return signal(id)
    .expr.replaceAll('$by', 'cluster, node')
    .replaceAll('$instance', 'cluster, node')
    .replaceAll('$window', '$__rate_interval')
    .replaceAll('$join', '');
}

export function signal(id: string): Signal {
  const found = catalogue.signals.find((known) => known.id === id);
  if (!found) {
    throw new Error(`A dashboard shows the signal ${id}, which the catalogue does not have.`);
  }
  return found;
}

/** The colours of a signal's thresholds; blue where nothing is judged, as the backend does. */
export function thresholds({ thresholds: judged }: Pick<Signal, 'thresholds'>): dashboard.ThresholdsConfigBuilder {
  const steps: dashboard.Threshold[] = [{ value: null, color: judged ? 'green' : 'blue' }];
  if (judged?.warning !== undefined) {
    steps.push({ value: judged.warning, color: 'yellow' });
  }
  if (judged?.critical !== undefined) {
    steps.push({ value: judged.critical, color: 'red' });
  }
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

/** One figure now, with its name where `named`. */
export function statPanel(place: Place, query: Target, named = false): stat.PanelBuilder {
  return placed(new stat.PanelBuilder(), place)
    .withTarget(query)
    .maxDataPoints(100)
    .reduceOptions(lastValue())
    .colorMode(common.BigValueColorMode.BackgroundSolid)
    .graphMode(common.BigValueGraphMode.None)
    .textMode(named ? common.BigValueTextMode.ValueAndName : common.BigValueTextMode.Value);
}

/** Lines over time, from 0, with the thresholds as dashed lines where `limits`. */
export function seriesPanel(place: Place, queries: Target[], limits = false): timeseries.PanelBuilder {
  const panel = placed(new timeseries.PanelBuilder(), place)
    .targets(queries)
    .interval('5s')
    .maxDataPoints(400)
    .lineWidth(1)
    .fillOpacity(8)
    .showPoints(common.VisibilityMode.Never)
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
  const style = limits ? common.GraphThresholdsStyleMode.Dashed : common.GraphThresholdsStyleMode.Off;
  return panel.thresholdsStyle(new common.GraphThresholdsStyleConfigBuilder().mode(style));
}

/** As {@link seriesPanel}, the series stacked to their sum. */
export function stackedPanel(place: Place, queries: Target[]): timeseries.PanelBuilder {
  return seriesPanel(place, queries)
    .fillOpacity(40)
    .stacking(new common.StackingConfigBuilder().mode(common.StackingMode.Normal).group('A'));
}

/** One row a label set, one column a signal, coloured where the signal is judged. */
export function tablePanel(place: Place, query: Target, sortBy: string): table.PanelBuilder {
  return (
    placed(new table.PanelBuilder(), place)
      .withTarget(query)
      .maxDataPoints(100)
      .cellOptions({ type: common.TableCellDisplayMode.ColorText, wrapText: false })
      .minWidth(90)
      // Names are not judged.
      .overrideByFieldType('string', [{ id: 'custom.cellOptions', value: { type: 'auto' } }])
      .sortBy([new common.TableSortByFieldStateBuilder().displayName(sortBy).desc(true)])
  );
}

/** Horizontal bars now, one a series. */
export function barsPanel(place: Place, query: Target): bargauge.PanelBuilder {
  return placed(new bargauge.PanelBuilder(), place)
    .withTarget(query)
    .maxDataPoints(100)
    .reduceOptions(lastValue())
    .orientation(common.VizOrientation.Horizontal)
    .displayMode(common.BarGaugeDisplayMode.Basic);
}

/** One band a series, coloured by the names of its values. */
export function statesPanel(place: Place, query: Target): statetimeline.PanelBuilder {
  return placed(new statetimeline.PanelBuilder(), place)
    .withTarget(query)
    .interval('5s')
    .maxDataPoints(200)
    .mergeValues(true)
    .showValue(common.VisibilityMode.Never)
    .rowHeight(0.8);
}

export function textPanel(place: Place, content: string): text.PanelBuilder {
  return placed(new text.PanelBuilder(), place).mode(text.TextMode.Markdown).content(content);
}
