/** The supported panel types, by their id in dashboards. */
import { type PanelPlugin } from '@grafana/data';
import { barGauge } from './bargauge';
import { gauge } from './gauge';
import { heatmap } from './heatmap';
import { pieChart } from './piechart';
import { stat } from './stat';
import { stateTimeline } from './stateTimeline';
import { table } from './table';
import { text } from './text';
import { timeSeries } from './timeseries';
import { unknownPanel } from './unknown';

const makers: Record<string, () => PanelPlugin> = {
  bargauge: barGauge,
  gauge,
  heatmap,
  piechart: pieChart,
  stat,
  'state-timeline': stateTimeline,
  table,
  text,
  timeseries: timeSeries,
};

const made = new Map<string, PanelPlugin>();

/** Returns the plugin of a panel type. The panel of an unsupported type shows a warning. */
export function panelPlugin(id: string): PanelPlugin {
  let plugin = made.get(id);
  if (!plugin) {
    plugin = makers[id]?.() ?? unknownPanel(id, Object.keys(makers));
    made.set(id, plugin);
  }
  return plugin;
}
