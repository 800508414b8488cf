import {
  colorManipulator,
  outerJoinDataFrames,
  type DataFrame,
  type GrafanaTheme2,
  type PanelProps,
} from '@grafana/data';
import { TooltipDisplayMode } from '@grafana/schema';
import { useTheme2 } from '@grafana/ui';
import { useMemo } from 'react';
import { BandChart, configureBands, type DrawBand } from './bands';
import { definePanel } from './define';
import { EmptyPanel, isEmpty } from './empty';

interface Options {
  /** Pixels between cells. */
  cellGap: number;
  tooltip: { mode: TooltipDisplayMode };
  color: { max?: number };
  /** Values up to `le` are left out. */
  filterValues: { le: number };
  yAxis: { reverse?: boolean };
}

/** The maximum of all rows, which gets the last color if the options have no maximum. */
function greatest(frame: DataFrame): number {
  const values = frame.fields.slice(1).flatMap(({ values }) => values as Array<number | null>);
  return values.reduce<number>((most, value) => Math.max(most, value ?? 0), 0);
}

function drawCells(frame: DataFrame, { options }: PanelProps<Options>, theme: GrafanaTheme2): DrawBand {
  const times = (frame.fields[0]?.values ?? []) as number[];
  const most = options.color.max ?? (greatest(frame) || 1);
  const strongest = theme.visualization.getColorByName('orange');
  const colour = (share: number) => colorManipulator.alpha(strongest, 0.1 + 0.9 * Math.min(1, share));
  return ({ ctx, valToPos }, field, top, band) => {
    const gap = options.cellGap * devicePixelRatio;
    times.forEach((time, column) => {
      const value = field.values[column] as number | null | undefined;
      if (value !== null && value !== undefined && value > options.filterValues.le) {
        const next = times[column + 1] ?? time + (time - (times[column - 1] ?? time));
        const left = valToPos(time, 'x', true);
        ctx.fillStyle = colour(value / most);
        ctx.fillRect(left, top, Math.max(1, valToPos(next, 'x', true) - left - gap), Math.max(1, band - gap));
      }
    });
  };
}

function Heatmap(props: PanelProps<Options>) {
  const theme = useTheme2();
  const { data, width, height, options, timeRange } = props;
  const frame = useMemo(() => outerJoinDataFrames({ frames: data.series, keepDisplayNames: true }), [data.series]);
  // The hooks of uPlot keep their closures, so each frame needs its own configuration.
  const config = useMemo(
    () =>
      frame &&
      configureBands({
        frame,
        panel: props,
        theme,
        topDown: options.yAxis.reverse ?? false,
        draw: drawCells(frame, props, theme),
      }),
    [frame, timeRange, options, theme] // eslint-disable-line react-hooks/exhaustive-deps
  );
  if (isEmpty(data) || !frame || !config) {
    return <EmptyPanel {...props} />;
  }
  return (
    <BandChart
      config={config}
      frame={frame}
      width={width}
      height={height}
      tooltip={options.tooltip.mode}
      panel={props}
    />
  );
}

export const heatmap = () =>
  definePanel<Options>('heatmap', {
    component: Heatmap,
    options: {
      cellGap: 1,
      tooltip: { mode: TooltipDisplayMode.Single },
      color: {},
      filterValues: { le: 1e-9 },
      yAxis: {},
    },
    custom: { hideFrom: undefined, scaleDistribution: undefined },
  });
