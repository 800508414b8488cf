import {
  FieldColorModeId,
  FieldType,
  formattedValueToString,
  outerJoinDataFrames,
  type DataFrame,
  type Field,
  type GrafanaTheme2,
  type PanelProps,
} from '@grafana/data';
import {
  LegendDisplayMode,
  SortOrder,
  TooltipDisplayMode,
  type VizLegendOptions,
  type VizTooltipOptions,
} from '@grafana/schema';
import { useTheme2, VizLayout, VizLegend, type VizLegendItem } from '@grafana/ui';
import { useMemo } from 'react';
import { BandChart, configureBands, type DrawBand } from './bands';
import { definePanel } from './define';
import { EmptyPanel, isEmpty } from './empty';
import { spans } from './spans';

interface Options {
  mergeValues: boolean;
  showValue: 'auto' | 'always' | 'never';
  /** Fraction of a band that its row fills. */
  rowHeight: number;
  legend: VizLegendOptions;
  tooltip: VizTooltipOptions;
}

const DEFAULT_OPACITY = 70;

function drawStates(frame: DataFrame, { options, timeRange }: PanelProps<Options>, theme: GrafanaTheme2): DrawBand {
  const times = (frame.fields[0]?.values ?? []) as number[];
  return ({ ctx, bbox, valToPos }, field, top, band) => {
    const height = band * options.rowHeight;
    const y = top + (band - height) / 2;
    const opacity = (field.config.custom as { fillOpacity?: number } | undefined)?.fillOpacity ?? DEFAULT_OPACITY;
    ctx.font = `${12 * devicePixelRatio}px ${theme.typography.fontFamily}`;
    ctx.textBaseline = 'middle';
    ctx.textAlign = 'left';
    for (const { from, to, value } of spans(times, field.values, timeRange.to.valueOf(), options.mergeValues)) {
      const left = Math.max(bbox.left, valToPos(from, 'x', true));
      const right = Math.min(bbox.left + bbox.width, valToPos(to, 'x', true));
      const display = field.display?.(value);
      const colour = display?.color ?? theme.colors.text.disabled;
      ctx.globalAlpha = opacity / 100;
      ctx.fillStyle = colour;
      ctx.fillRect(left, y, Math.max(1, right - left), height);
      ctx.globalAlpha = 1;
      const label = display ? formattedValueToString(display) : String(value);
      if (options.showValue !== 'never' && ctx.measureText(label).width + 8 < right - left) {
        ctx.fillStyle = theme.colors.getContrastText(colour);
        ctx.fillText(label, left + 4, y + height / 2);
      }
    }
  };
}

/** Returns one legend entry for each state in the data. */
function legendItems(fields: Field[]): VizLegendItem[] {
  const items = new Map<string, VizLegendItem>();
  for (const field of fields) {
    for (const value of new Set<unknown>(field.values)) {
      const display = value === null || value === undefined ? undefined : field.display?.(value);
      if (display && !items.has(display.text)) {
        items.set(display.text, { label: formattedValueToString(display), color: display.color, yAxis: 1 });
      }
    }
  }
  return [...items.values()];
}

function StateTimeline(props: PanelProps<Options>) {
  const theme = useTheme2();
  const { data, width, height, options, timeRange } = props;
  const frame = useMemo(() => {
    const frames = data.series.filter(({ fields }) => fields.some(({ type }) => type === FieldType.time));
    return outerJoinDataFrames({ frames, keepDisplayNames: true });
  }, [data.series]);
  // The hooks of uPlot keep their closures, so each frame needs its own configuration.
  const config = useMemo(
    () => frame && configureBands({ frame, panel: props, theme, topDown: true, draw: drawStates(frame, props, theme) }),
    [frame, timeRange, options, theme] // eslint-disable-line react-hooks/exhaustive-deps
  );
  if (isEmpty(data) || !frame || !config) {
    return <EmptyPanel {...props} />;
  }
  const { placement, showLegend } = options.legend;
  const legend = showLegend ? (
    <VizLayout.Legend placement={placement}>
      <VizLegend
        items={legendItems(frame.fields.slice(1))}
        placement={placement}
        displayMode={LegendDisplayMode.List}
        readonly
      />
    </VizLayout.Legend>
  ) : null;
  return (
    <VizLayout width={width} height={height} legend={legend}>
      {(width, height) => (
        <BandChart
          config={config}
          frame={frame}
          width={width}
          height={height}
          tooltip={options.tooltip.mode}
          panel={props}
        />
      )}
    </VizLayout>
  );
}

export const stateTimeline = () =>
  definePanel<Options>('state-timeline', {
    component: StateTimeline,
    color: FieldColorModeId.Thresholds,
    options: {
      mergeValues: true,
      showValue: 'auto',
      rowHeight: 0.9,
      legend: { displayMode: LegendDisplayMode.List, placement: 'bottom', showLegend: true, calcs: [] },
      tooltip: { mode: TooltipDisplayMode.Single, sort: SortOrder.None },
    },
    custom: {
      lineWidth: 0,
      fillOpacity: DEFAULT_OPACITY,
      spanNulls: false,
      insertNulls: false,
      hideFrom: undefined,
    },
  });
