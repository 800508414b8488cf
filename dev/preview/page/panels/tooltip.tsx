import { css } from '@emotion/css';
import {
  FieldType,
  formattedValueToString,
  getFieldDisplayName,
  getFieldSeriesColor,
  dateTimeFormat,
  type DataFrame,
  type Field,
  type GrafanaTheme2,
} from '@grafana/data';
import { SortOrder, TooltipDisplayMode, type TimeZone, type VizTooltipOptions } from '@grafana/schema';
import { SeriesTable, useStyles2, useTheme2, type TooltipPlugin2 } from '@grafana/ui';
import { type ComponentProps } from 'react';

type HoverMode = ComponentProps<typeof TooltipPlugin2>['hoverMode'];

/** TooltipPlugin2 expects a const enum that is not exported: 0 is one series, 1 is all series. */
export function hoverMode(mode: TooltipDisplayMode): HoverMode {
  return (mode === TooltipDisplayMode.Multi ? 1 : 0) as HoverMode;
}

interface Props {
  /** Field 0 is the time; the other fields are aligned to it. */
  frame: DataFrame;
  /** The hovered row of each field. */
  indexes: Array<number | null>;
  seriesIndex: number | null;
  options: VizTooltipOptions;
  timeZone: TimeZone;
}

/** The tooltip of a graph for one series or for all of them. */
export function SeriesTooltip({ frame, indexes, seriesIndex, options, timeZone }: Props) {
  const theme = useTheme2();
  const styles = useStyles2(getStyles);
  const time = frame.fields[0]?.values[indexes[0] ?? 0] as number;
  const only = options.mode === TooltipDisplayMode.Single ? seriesIndex : null;
  const rows = frame.fields.flatMap((field, index) => {
    const row = indexes[index];
    const shown =
      field.type !== FieldType.time && (only === null || only === index) && !field.config.custom?.hideFrom?.tooltip;
    const value = shown && typeof row === 'number' ? (field.values[row] as unknown) : null;
    return value === null || value === undefined ? [] : [{ index, value: Number(value), row: asRow(field, value) }];
  });
  if (options.sort !== SortOrder.None) {
    const sign = options.sort === SortOrder.Ascending ? 1 : -1;
    rows.sort((a, b) => sign * (a.value - b.value));
  }

  function asRow(field: Field, value: unknown) {
    const display = field.display?.(value);
    return {
      color: display?.color ?? getFieldSeriesColor(field, theme).color,
      label: getFieldDisplayName(field, frame),
      value: display ? formattedValueToString(display) : String(value),
    };
  }

  return (
    <div className={styles.box}>
      <SeriesTable
        timestamp={dateTimeFormat(time, { timeZone })}
        series={rows.map(({ index, row }) => ({ ...row, isActive: rows.length > 1 && index === seriesIndex }))}
      />
    </div>
  );
}

function getStyles(theme: GrafanaTheme2) {
  return { box: css({ padding: theme.spacing(1), maxHeight: '40vh', overflow: 'auto' }) };
}
