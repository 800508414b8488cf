import {
  getDisplayValueAlignmentFactors,
  VizOrientation,
  type DisplayValueAlignmentFactors,
  type FieldDisplay,
  type PanelProps,
} from '@grafana/data';
import { BarGaugeDisplayMode, BarGaugeNamePlacement, BarGaugeValueMode } from '@grafana/schema';
import { BarGauge, useTheme2, VizRepeater } from '@grafana/ui';
import { definePanel } from './define';
import { EmptyPanel, isEmpty } from './empty';
import { Linked } from './linked';
import { figures, lastValue, type SingleValueOptions } from './singleValue';

interface Options extends SingleValueOptions {
  displayMode: BarGaugeDisplayMode;
  valueMode: BarGaugeValueMode;
  namePlacement: BarGaugeNamePlacement;
  showUnfilled: boolean;
  minVizWidth: number;
  minVizHeight: number;
  maxVizHeight: number;
}

/** Pixels between bars. Retro cells are closer together. */
const spacing = (options: Options) => (options.displayMode === BarGaugeDisplayMode.Lcd ? 2 : 10);

function BarGaugePanel(props: PanelProps<Options>) {
  const theme = useTheme2();
  const { data, width, height, options, renderCounter } = props;
  if (isEmpty(data)) {
    return <EmptyPanel {...props} />;
  }
  return (
    <VizRepeater<FieldDisplay, DisplayValueAlignmentFactors>
      source={data}
      getValues={() => figures(props, theme)}
      getAlignmentFactors={getDisplayValueAlignmentFactors}
      renderCounter={renderCounter}
      orientation={options.orientation as VizOrientation}
      width={width}
      height={height}
      itemSpacing={spacing(options)}
      minVizWidth={options.minVizWidth}
      minVizHeight={options.minVizHeight}
      maxVizHeight={options.maxVizHeight}
      renderValue={({ value, width, height, orientation, alignmentFactors, count }) => (
        <Linked hasLinks={value.hasLinks} getLinks={value.getLinks}>
          {(open) => (
            <BarGauge
              value={value.display}
              field={value.field}
              display={value.view?.getFieldDisplayProcessor(value.colIndex ?? 0)}
              width={width}
              height={height}
              orientation={orientation}
              alignmentFactors={count > 1 ? alignmentFactors : undefined}
              displayMode={options.displayMode}
              valueDisplayMode={options.valueMode}
              namePlacement={options.namePlacement}
              showUnfilled={options.showUnfilled}
              itemSpacing={spacing(options)}
              lcdCellWidth={12}
              text={options.text}
              isOverflow={false}
              onClick={open}
              theme={theme}
            />
          )}
        </Linked>
      )}
    />
  );
}

export const barGauge = () =>
  definePanel<Options>('bargauge', {
    component: BarGaugePanel,
    options: {
      reduceOptions: lastValue,
      orientation: VizOrientation.Auto,
      displayMode: BarGaugeDisplayMode.Gradient,
      valueMode: BarGaugeValueMode.Color,
      namePlacement: BarGaugeNamePlacement.Auto,
      showUnfilled: true,
      minVizWidth: 8,
      minVizHeight: 16,
      maxVizHeight: 300,
    },
  });
