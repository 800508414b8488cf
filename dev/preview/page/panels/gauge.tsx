import { css } from '@emotion/css';
import {
  formattedValueToString,
  ThresholdsMode,
  VizOrientation,
  type FieldDisplay,
  type GrafanaTheme2,
  type PanelProps,
} from '@grafana/data';
import { useTheme2, VizRepeater } from '@grafana/ui';
import { type MouseEventHandler } from 'react';
import { definePanel } from './define';
import { EmptyPanel, isEmpty } from './empty';
import { Linked } from './linked';
import { figures, lastValue, type SingleValueOptions } from './singleValue';

interface Options extends SingleValueOptions {
  showThresholdMarkers: boolean;
  showThresholdLabels: boolean;
}

/** The dial covers 270 degrees and is open at the bottom. */
const SWEEP = 270;

/** The SVG path of an arc around the origin. `from` and `to` are fractions of the dial. */
export function arc(radius: number, from: number, to: number): string {
  const point = (share: number) => {
    const angle = ((share * SWEEP + 135) * Math.PI) / 180;
    return `${(radius * Math.cos(angle)).toFixed(2)} ${(radius * Math.sin(angle)).toFixed(2)}`;
  };
  const large = (to - from) * SWEEP > 180 ? 1 : 0;
  return `M ${point(from)} A ${radius} ${radius} 0 ${large} 1 ${point(to)}`;
}

interface DialProps {
  value: FieldDisplay;
  width: number;
  height: number;
  named: boolean;
  markers: boolean;
  onClick?: MouseEventHandler<HTMLElement>;
}

function Dial({ value, width, height, named, markers, onClick }: DialProps) {
  const theme = useTheme2();
  const { field, display } = value;
  const { thresholds } = field;
  const [min, max] = [field.min ?? 0, field.max ?? 100];
  const share = (figure: number) => Math.min(1, Math.max(0, (figure - min) / (max - min || 1)));
  const at = share(display.numeric);
  const percentage = thresholds?.mode === ThresholdsMode.Percentage;
  const steps = thresholds?.steps ?? [];
  const start = (index: number) => {
    const figure = steps[index]?.value ?? -Infinity;
    return index === 0 ? 0 : percentage ? Math.min(1, Math.max(0, figure / 100)) : share(figure);
  };
  const name = named ? display.title : undefined;
  return (
    <button
      type="button"
      className={dialStyle(theme, onClick !== undefined)}
      style={{ width, height }}
      onClick={onClick}
      aria-label={display.title}
    >
      <svg
        viewBox="-60 -60 120 108"
        width={width}
        height={name ? height - 24 : height}
        preserveAspectRatio="xMidYMid meet"
      >
        <path d={arc(44, 0, 1)} fill="none" strokeWidth={14} stroke={theme.colors.background.secondary} />
        {at > 0 && (
          <path d={arc(44, 0, at)} fill="none" strokeWidth={14} stroke={display.color ?? theme.colors.primary.main} />
        )}
        {markers &&
          steps.map((step, index) => {
            const [from, to] = [start(index), index + 1 < steps.length ? start(index + 1) : 1];
            const colour = theme.visualization.getColorByName(step.color);
            return to > from && <path key={index} d={arc(54, from, to)} fill="none" strokeWidth={3} stroke={colour} />;
          })}
        <text
          textAnchor="middle"
          dominantBaseline="central"
          fontSize={17}
          fontWeight={500}
          fill={display.color ?? theme.colors.text.primary}
        >
          {formattedValueToString(display)}
        </text>
      </svg>
      {name && <div>{name}</div>}
    </button>
  );
}

function dialStyle(theme: GrafanaTheme2, clickable: boolean) {
  return css({
    border: 'none',
    background: 'none',
    padding: 0,
    display: 'flex',
    flexDirection: 'column',
    alignItems: 'center',
    color: theme.colors.text.primary,
    fontSize: theme.typography.body.fontSize,
    cursor: clickable ? 'pointer' : 'default',
  });
}

function GaugePanel(props: PanelProps<Options>) {
  const theme = useTheme2();
  const { data, width, height, options, renderCounter } = props;
  if (isEmpty(data)) {
    return <EmptyPanel {...props} />;
  }
  return (
    <VizRepeater<FieldDisplay>
      source={data}
      getValues={() => figures(props, theme)}
      renderCounter={renderCounter}
      orientation={options.orientation as VizOrientation}
      width={width}
      height={height}
      itemSpacing={8}
      autoGrid={true}
      renderValue={({ value, width, height, count }) => (
        <Linked hasLinks={value.hasLinks} getLinks={value.getLinks}>
          {(open) => (
            <Dial
              value={value}
              width={width}
              height={height}
              named={count > 1}
              markers={options.showThresholdMarkers}
              onClick={open}
            />
          )}
        </Linked>
      )}
    />
  );
}

export const gauge = () =>
  definePanel<Options>('gauge', {
    component: GaugePanel,
    options: {
      reduceOptions: lastValue,
      orientation: VizOrientation.Auto,
      showThresholdMarkers: true,
      showThresholdLabels: false,
    },
  });
