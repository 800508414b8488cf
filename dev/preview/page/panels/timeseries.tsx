import { DashboardCursorSync, FieldColorModeId, FieldType, type DataFrame, type PanelProps } from '@grafana/data';
import {
  AxisColorMode,
  AxisPlacement,
  BarAlignment,
  GraphDrawStyle,
  GraphGradientMode,
  GraphThresholdsStyleMode,
  LegendDisplayMode,
  LineInterpolation,
  ScaleDistribution,
  SortOrder,
  StackingMode,
  TooltipDisplayMode,
  VisibilityMode,
  type VizLegendOptions,
  type VizTooltipOptions,
} from '@grafana/schema';
import { EventBusPlugin, KeyboardPlugin, TimeSeries, TooltipPlugin2, usePanelContext } from '@grafana/ui';
import { Annotations } from './annotations';
import { definePanel } from './define';
import { EmptyPanel, isEmpty } from './empty';
import { hoverMode, SeriesTooltip } from './tooltip';

interface Options {
  legend: VizLegendOptions;
  tooltip: VizTooltipOptions;
}

/** Keeps the fields that a graph can draw. Booleans are drawn as 0 and 1. */
function graphFrames(frames: DataFrame[]): DataFrame[] {
  return frames
    .filter(({ fields }) => fields.some(({ type }) => type === FieldType.time))
    .map((frame) => ({
      ...frame,
      fields: frame.fields
        .filter(({ type }) => [FieldType.time, FieldType.number, FieldType.boolean, FieldType.enum].includes(type))
        .map((field) =>
          field.type === FieldType.boolean
            ? {
                ...field,
                type: FieldType.number,
                values: field.values.map((value: unknown) => (value === null ? null : Number(value))),
              }
            : field
        ),
    }))
    .filter(({ fields }) => fields.length > 1);
}

function TimeSeriesPanel(props: PanelProps<Options>) {
  const { eventsScope, eventBus, sync } = usePanelContext();
  const { data, width, height, options, timeRange, timeZone, onChangeTimeRange } = props;
  const frames = graphFrames(data.series);
  if (isEmpty(data) || frames.length === 0) {
    return <EmptyPanel {...props} />;
  }
  const syncMode = sync?.() ?? DashboardCursorSync.Off;
  return (
    <TimeSeries
      frames={frames}
      structureRev={data.structureRev}
      width={width}
      height={height}
      timeRange={timeRange}
      timeZone={timeZone}
      legend={options.legend}
      options={options}
    >
      {(builder, aligned) => (
        <>
          <KeyboardPlugin config={builder} />
          <Annotations config={builder} frames={data.annotations} />
          {syncMode !== DashboardCursorSync.Off && (
            <EventBusPlugin config={builder} eventBus={eventBus} frame={aligned} />
          )}
          {options.tooltip.mode !== TooltipDisplayMode.None && (
            <TooltipPlugin2
              config={builder}
              hoverMode={hoverMode(options.tooltip.mode)}
              queryZoom={onChangeTimeRange}
              clientZoom={true}
              syncMode={syncMode}
              syncScope={eventsScope}
              maxWidth={options.tooltip.maxWidth}
              render={(_, indexes, seriesIndex) => (
                <SeriesTooltip
                  frame={aligned}
                  indexes={indexes}
                  seriesIndex={seriesIndex}
                  options={options.tooltip}
                  timeZone={timeZone}
                />
              )}
            />
          )}
        </>
      )}
    </TimeSeries>
  );
}

export const timeSeries = () =>
  definePanel<Options>('timeseries', {
    component: TimeSeriesPanel,
    color: FieldColorModeId.PaletteClassic,
    options: {
      legend: { displayMode: LegendDisplayMode.List, placement: 'bottom', showLegend: true, calcs: [] },
      tooltip: { mode: TooltipDisplayMode.Single, sort: SortOrder.None },
    },
    custom: {
      drawStyle: GraphDrawStyle.Line,
      lineInterpolation: LineInterpolation.Linear,
      lineWidth: 1,
      lineStyle: { fill: 'solid' },
      lineColor: undefined,
      fillOpacity: 0,
      fillBelowTo: undefined,
      gradientMode: GraphGradientMode.None,
      barAlignment: BarAlignment.Center,
      barWidthFactor: 0.6,
      barMaxWidth: undefined,
      spanNulls: false,
      insertNulls: false,
      showPoints: VisibilityMode.Auto,
      pointSize: 5,
      stacking: { mode: StackingMode.None, group: 'A' },
      transform: undefined,
      axisPlacement: AxisPlacement.Auto,
      axisLabel: '',
      axisWidth: undefined,
      axisSoftMin: undefined,
      axisSoftMax: undefined,
      axisGridShow: undefined,
      axisCenteredZero: false,
      axisColorMode: AxisColorMode.Text,
      axisBorderShow: false,
      scaleDistribution: { type: ScaleDistribution.Linear },
      hideFrom: { legend: false, tooltip: false, viz: false },
      thresholdsStyle: { mode: GraphThresholdsStyleMode.Off },
    },
  });
