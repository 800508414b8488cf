/**
 * Results → data frames, as the backend makes them (pkg/frames): both pass tests/corpora/frames.
 */
import { type DataFrame, DataFrameType, type Field, FieldType, type QueryResultMeta } from '@grafana/data';
import { printDuration } from '../../signals/window';
import { fieldConfig } from './config';
import { SeriesNamer } from './SeriesNamer';
import { type FrameOptions, type FrameResult, type Known, knownOf } from './result';
import { tableFields } from './table';

/**
 * The frames of one query: numeric-long or timeseries-long for a table, numeric-multi for an instant, timeseries-multi for
 * a range. Without any value it is one typed frame without fields. Notices ride on the first frame. Throws an Error where
 * a result is no figure.
 */
export function framesOf(results: readonly FrameResult[], options: FrameOptions): DataFrame[] {
  const all = knownOf(results, options.table);
  const { refId, notices, step } = options;
  const type = options.table
    ? step === undefined
      ? DataFrameType.NumericLong
      : DataFrameType.TimeSeriesLong
    : step === undefined
      ? DataFrameType.NumericMulti
      : DataFrameType.TimeSeriesMulti;
  return shown(results, all, options).map(({ fields, of }, i) => ({
    refId,
    meta: { ...meta(type, of), ...(i === 0 && notices.length > 0 && { notices }) },
    fields,
    length: fields[0]?.values.length ?? 0,
  }));
}

/** The fields of a frame, and the results that they are of. */
interface Shown {
  fields: Field[];
  of: readonly FrameResult[];
}

function shown(results: readonly FrameResult[], all: Known[], options: FrameOptions): Shown[] {
  if (all.length === 0) {
    return [{ fields: [], of: results }];
  }
  return options.table ? [{ fields: tableFields(results, all, options), of: results }] : multi(all, options);
}

function multi(all: Known[], options: FrameOptions): Shown[] {
  const namer = new SeriesNamer(all, options);
  return all.map((one) => {
    const { result, labels, times, values, isInstant } = one;
    const value: Field = {
      name: fieldName(one),
      type: FieldType.number,
      labels: Object.fromEntries(labels.entries()),
      config: { ...fieldConfig(result.signal), displayNameFromDS: namer.name(one) },
      values,
    };
    const time: Field = { name: 'Time', type: FieldType.time, config: { interval: options.step }, values: times };
    return { fields: isInstant ? [value] : [time, value], of: [result] };
  });
}

/** Stable, for overrides and transformations: the signal's id, the metric's name, or Value. */
function fieldName({ result, labels }: Known): string {
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
