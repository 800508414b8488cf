import {
  getFieldDisplayValues,
  type FieldDisplay,
  type GrafanaTheme2,
  type PanelProps,
  type ReduceDataOptions,
  type VizOrientation,
} from '@grafana/data';
import { type VizTextDisplayOptions } from '@grafana/schema';

/** Options of the panels that show one value per series: stat, gauge, bar gauge, pie chart. */
export interface SingleValueOptions {
  reduceOptions: ReduceDataOptions;
  orientation: VizOrientation | 'auto';
  text?: VizTextDisplayOptions;
}

export const lastValue: ReduceDataOptions = { calcs: ['lastNotNull'], fields: '', values: false };

interface Extras {
  sparkline?: boolean;
  percentChange?: boolean;
}

/** The values of a panel, reduced and formatted. */
export function figures<T extends SingleValueOptions>(
  { data, fieldConfig, options, replaceVariables, timeZone }: PanelProps<T>,
  theme: GrafanaTheme2,
  extras: Extras = {}
): FieldDisplay[] {
  return getFieldDisplayValues({
    data: data.series,
    fieldConfig,
    reduceOptions: options.reduceOptions,
    replaceVariables,
    theme,
    timeZone,
    ...extras,
  });
}
