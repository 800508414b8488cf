import {
  getDisplayValueAlignmentFactors,
  LoadingState,
  MappingType,
  SpecialValueMatch,
  VizOrientation,
  type DisplayValueAlignmentFactors,
  type FieldDisplay,
  type PanelProps,
  type ValueMapping,
} from '@grafana/data';
import { type PercentChangeColorMode } from '@grafana/schema';
import {
  BigValue,
  BigValueColorMode,
  BigValueGraphMode,
  BigValueJustifyMode,
  BigValueTextMode,
  useTheme2,
  VizRepeater,
} from '@grafana/ui';
import { definePanel } from './define';
import { EmptyPanel, isEmpty } from './empty';
import { Linked } from './linked';
import { figures, lastValue, type SingleValueOptions } from './singleValue';

interface Options extends SingleValueOptions {
  colorMode: BigValueColorMode;
  graphMode: BigValueGraphMode;
  justifyMode: BigValueJustifyMode;
  textMode: BigValueTextMode;
  wideLayout: boolean;
  showPercentChange: boolean;
  percentChangeColorMode?: PercentChangeColorMode;
}

function isForNull(mapping: ValueMapping): boolean {
  const matches = [SpecialValueMatch.Null, SpecialValueMatch.NullAndNaN];
  return mapping.type === MappingType.SpecialValue && matches.includes(mapping.options.match);
}

function Stat(props: PanelProps<Options>) {
  const theme = useTheme2();
  const { data, width, height, options, renderCounter, fieldConfig } = props;
  // As in Grafana, a tile without data shows what its panel maps null to.
  const namesNull = data.state === LoadingState.Done && fieldConfig.defaults.mappings?.some(isForNull);
  if (isEmpty(data) && !namesNull) {
    return <EmptyPanel {...props} />;
  }
  const getValues = () =>
    figures(props, theme, {
      sparkline: options.graphMode !== BigValueGraphMode.None,
      percentChange: options.showPercentChange,
    });
  return (
    <VizRepeater<FieldDisplay, DisplayValueAlignmentFactors>
      source={data}
      getValues={getValues}
      getAlignmentFactors={getDisplayValueAlignmentFactors}
      renderCounter={renderCounter}
      orientation={options.orientation as VizOrientation}
      width={width}
      height={height}
      itemSpacing={3}
      autoGrid={true}
      renderValue={({ value, width, height, alignmentFactors, count }) => (
        <Linked hasLinks={value.hasLinks} getLinks={value.getLinks}>
          {(open) => (
            <BigValue
              value={value.display}
              sparkline={value.sparkline && { ...value.sparkline, timeRange: data.timeRange }}
              width={width}
              height={height}
              count={count}
              alignmentFactors={alignmentFactors}
              colorMode={options.colorMode}
              graphMode={options.graphMode}
              justifyMode={options.justifyMode}
              textMode={options.textMode}
              text={options.text}
              percentChangeColorMode={options.percentChangeColorMode}
              disableWideLayout={!options.wideLayout}
              hasLinks={value.hasLinks}
              onClick={open}
              theme={theme}
            />
          )}
        </Linked>
      )}
    />
  );
}

export const stat = () =>
  definePanel<Options>('stat', {
    component: Stat,
    options: {
      reduceOptions: lastValue,
      orientation: VizOrientation.Auto,
      colorMode: BigValueColorMode.Value,
      graphMode: BigValueGraphMode.Area,
      justifyMode: BigValueJustifyMode.Auto,
      textMode: BigValueTextMode.Auto,
      wideLayout: true,
      showPercentChange: false,
    },
  });
