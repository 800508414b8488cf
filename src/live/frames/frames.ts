/** Converts results to data frames with the rules of pkg/frames; both pass tests/corpora/frames. */
import { type DataFrame, DataFrameType, type Field, FieldType, type QueryResultMeta } from '@grafana/data';
import { printDuration } from '../../signals/window';
import { fieldConfig } from './config';
import { SeriesNamer } from './SeriesNamer';
import { type FrameOptions, type FrameResult, type FrameSeries, seriesOf } from './result';
import { tableFields } from './table';

/**
 * The frames of one query: numeric-long or timeseries-long for a table, numeric-multi for an instant, timeseries-multi for
 * a range. Without values it is one typed frame without fields. The first frame carries the notices. Throws an Error when a
 * result is not numeric.
 */
export function framesOf(results: readonly FrameResult[], options: FrameOptions): DataFrame[] {
  const all = seriesOf(results, options);
  const { refId, notices, step } = options;
  const type = options.table
    ? step === undefined
      ? DataFrameType.NumericLong
      : DataFrameType.TimeSeriesLong
    : step === undefined
      ? DataFrameType.NumericMulti
      : DataFrameType.TimeSeriesMulti;
  return contents(results, all, options).map(({ fields, results: sources }, i) => ({
    refId,
    meta: { ...meta(type, sources), ...(i === 0 && notices.length > 0 && { notices }) },
    fields,
    length: fields[0]?.values.length ?? 0,
  }));
}

/** The fields of a frame, and the results that they show. */
interface FrameContent {
  fields: Field[];
  results: readonly FrameResult[];
}

function contents(results: readonly FrameResult[], all: FrameSeries[], options: FrameOptions): FrameContent[] {
  if (all.length === 0) {
    return [{ fields: [], results }];
  }
  return options.table ? [{ fields: tableFields(results, all, options), results }] : multi(all, options);
}

function multi(all: FrameSeries[], options: FrameOptions): FrameContent[] {
  const namer = new SeriesNamer(all, options);
  return all.map((series) => {
    const { result, labels, times, values, isInstant } = series;
    const value: Field = {
      name: fieldName(series),
      type: FieldType.number,
      labels: Object.fromEntries(labels.entries()),
      config: { ...fieldConfig(result.signal, options.unit), displayNameFromDS: namer.name(series) },
      values,
    };
    const time: Field = { name: 'Time', type: FieldType.time, config: { interval: options.step }, values: times };
    return { fields: isInstant ? [value] : [time, value], results: [result] };
  });
}

/** A stable name for overrides and transformations: the signal's id, the metric's name, or Value. */
function fieldName({ result, labels }: FrameSeries): string {
  return result.signal?.id ?? (labels.get('__name__') || 'Value');
}

function meta(type: DataFrameType, results: readonly FrameResult[]): QueryResultMeta {
  const windows = results.flatMap(({ window }) => window ?? []);
  return {
    type,
    typeVersion: [0, 1],
    ...(windows.length > 0 && { custom: { window: printDuration(windows.at(-1)!) } }),
    preferredVisualisationType: type === DataFrameType.TimeSeriesMulti ? 'graph' : 'table',
    executedQueryString: results.map(({ expr }) => expr).join('\n'),
  };
}
