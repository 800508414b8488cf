/** The plot of the state timeline and the heatmap: one horizontal band for each series. */
import { getFieldDisplayName, type DataFrame, type Field, type GrafanaTheme2, type PanelProps } from '@grafana/data';
import { AxisPlacement, ScaleDirection, ScaleOrientation, SortOrder, TooltipDisplayMode } from '@grafana/schema';
import { TooltipPlugin2, UPlotChart, UPlotConfigBuilder } from '@grafana/ui';
import type uPlot from 'uplot';
import { hoverMode, SeriesTooltip } from './tooltip';

/** Draws one series in its band. `top` and `height` are in canvas pixels. */
export type DrawBand = (plot: uPlot, field: Field, top: number, height: number) => void;

interface BandOptions {
  frame: DataFrame;
  panel: Pick<PanelProps, 'timeRange' | 'timeZone'>;
  theme: GrafanaTheme2;
  /** Whether the first series is the top band. */
  topDown: boolean;
  draw: DrawBand;
}

export function configureBands({ frame, panel: { timeRange, timeZone }, theme, topDown, draw }: BandOptions) {
  const builder = new UPlotConfigBuilder(timeZone);
  const fields = frame.fields.slice(1);
  const bandOf = (index: number) => (topDown ? index : fields.length - 1 - index);
  builder.addScale({
    scaleKey: 'x',
    isTime: true,
    orientation: ScaleOrientation.Horizontal,
    direction: ScaleDirection.Right,
    range: () => [timeRange.from.valueOf(), timeRange.to.valueOf()],
  });
  builder.addScale({
    scaleKey: 'y',
    orientation: ScaleOrientation.Vertical,
    direction: ScaleDirection.Up,
    range: () => [0, fields.length],
  });
  builder.addAxis({ scaleKey: 'x', isTime: true, placement: AxisPlacement.Bottom, timeZone, theme });
  builder.addAxis({
    scaleKey: 'y',
    placement: AxisPlacement.Left,
    theme,
    splits: fields.map((_, index) => fields.length - bandOf(index) - 0.5),
    values: ({ height }) => {
      // As in Grafana, names are left out where there is no room for all of them.
      const every = Math.ceil((12 * fields.length) / height);
      return fields.map((field, index) => (index % every === 0 ? getFieldDisplayName(field, frame) : ''));
    },
    grid: { show: false },
    ticks: { show: false },
  });
  fields.forEach(() =>
    builder.addSeries({ scaleKey: 'y', theme, pathBuilder: () => null, pointsBuilder: () => undefined, show: true })
  );
  builder.addHook('draw', (plot) => {
    const { ctx, bbox } = plot;
    const height = bbox.height / fields.length;
    ctx.save();
    ctx.beginPath();
    ctx.rect(bbox.left, bbox.top, bbox.width, bbox.height);
    ctx.clip();
    fields.forEach((field, index) => draw(plot, field, bbox.top + height * bandOf(index), height));
    ctx.restore();
  });
  return builder;
}

interface BandChartProps {
  config: UPlotConfigBuilder;
  frame: DataFrame;
  width: number;
  height: number;
  tooltip: TooltipDisplayMode;
  panel: Pick<PanelProps, 'timeZone' | 'onChangeTimeRange'>;
}

export function BandChart({
  config,
  frame,
  width,
  height,
  tooltip,
  panel: { timeZone, onChangeTimeRange },
}: BandChartProps) {
  const data = frame.fields.map(({ values }) => values) as unknown as uPlot.AlignedData;
  return (
    <UPlotChart config={config} data={data} width={width} height={height}>
      {tooltip !== TooltipDisplayMode.None && (
        <TooltipPlugin2
          config={config}
          hoverMode={hoverMode(TooltipDisplayMode.Multi)}
          queryZoom={onChangeTimeRange}
          clientZoom={true}
          render={(_, indexes, seriesIndex) => (
            <SeriesTooltip
              frame={frame}
              indexes={indexes}
              seriesIndex={seriesIndex}
              timeZone={timeZone}
              options={{ mode: TooltipDisplayMode.Multi, sort: SortOrder.None }}
            />
          )}
        />
      )}
    </UPlotChart>
  );
}
