import { FieldColorModeId, formattedValueToString, type FieldDisplay, type PanelProps } from '@grafana/data';
import { LegendDisplayMode, type LegendPlacement } from '@grafana/schema';
import { Tooltip, useTheme2, VizLayout, VizLegend } from '@grafana/ui';
import { definePanel } from './define';
import { EmptyPanel, isEmpty } from './empty';
import { figures, lastValue, type SingleValueOptions } from './singleValue';

interface Options extends SingleValueOptions {
  pieType: 'pie' | 'donut';
  legend: { displayMode: LegendDisplayMode; placement: LegendPlacement; showLegend: boolean; values: string[] };
}

/** The SVG path of a ring slice, clockwise from the top. `from` and `to` are fractions of the circle. */
export function slice(from: number, to: number, inner: number, outer = 100): string {
  const point = (share: number, radius: number) => {
    const angle = (share * 360 - 90) * (Math.PI / 180);
    return `${(radius * Math.cos(angle)).toFixed(2)} ${(radius * Math.sin(angle)).toFixed(2)}`;
  };
  // An arc whose ends coincide is not drawn, so a full circle ends a little earlier.
  const end = to - from >= 1 ? from + 0.99999 : to;
  const large = end - from > 0.5 ? 1 : 0;
  return [
    `M ${point(from, outer)} A ${outer} ${outer} 0 ${large} 1 ${point(end, outer)}`,
    `L ${point(end, inner)} A ${inner} ${inner} 0 ${large} 0 ${point(from, inner)} Z`,
  ].join(' ');
}

interface Part {
  value: FieldDisplay;
  from: number;
  to: number;
}

/** The slices of the values above zero. */
function computeParts(values: FieldDisplay[]): Part[] {
  const positive = values.filter(({ display }) => display.numeric > 0);
  const total = positive.reduce((sum, { display }) => sum + display.numeric, 0);
  let from = 0;
  return positive.map((value) => {
    const part = { value, from, to: from + value.display.numeric / total };
    from = part.to;
    return part;
  });
}

function PieChart(props: PanelProps<Options>) {
  const theme = useTheme2();
  const { data, width, height, options } = props;
  if (isEmpty(data)) {
    return <EmptyPanel {...props} />;
  }
  const parts = computeParts(figures(props, theme));
  const items = parts.map(({ value: { display }, from, to }) => ({
    label: display.title ?? '',
    color: display.color,
    yAxis: 1,
    getDisplayValues: () =>
      options.legend.values.map((wanted) =>
        wanted === 'percent'
          ? { numeric: to - from, text: `${Math.round((to - from) * 100)}%`, title: 'Percent' }
          : { numeric: display.numeric, text: formattedValueToString(display), title: 'Value' }
      ),
  }));
  const legend = options.legend.showLegend ? (
    <VizLayout.Legend placement={options.legend.placement}>
      <VizLegend items={items} placement={options.legend.placement} displayMode={options.legend.displayMode} readonly />
    </VizLayout.Legend>
  ) : null;
  return (
    <VizLayout width={width} height={height} legend={legend}>
      {(width, height) => (
        <svg width={width} height={height} viewBox="-105 -105 210 210">
          {parts.map(({ value: { display }, from, to }) => (
            <Tooltip key={`${display.title} ${from}`} content={`${display.title}: ${formattedValueToString(display)}`}>
              <path
                d={slice(from, to, options.pieType === 'donut' ? 60 : 0)}
                fill={display.color}
                stroke={theme.colors.background.primary}
              />
            </Tooltip>
          ))}
        </svg>
      )}
    </VizLayout>
  );
}

export const pieChart = () =>
  definePanel<Options>('piechart', {
    component: PieChart,
    color: FieldColorModeId.PaletteClassic,
    options: {
      reduceOptions: lastValue,
      orientation: 'auto',
      pieType: 'pie',
      legend: { displayMode: LegendDisplayMode.List, placement: 'bottom', showLegend: true, values: [] },
    },
    custom: { hideFrom: undefined },
  });
