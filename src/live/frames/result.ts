import { type QueryResultMetaNotice } from '@grafana/data';
import { type Labels, type Result } from '../../promql';
import { type Signal } from '../../signals/types';
import { compareLabels, namesOf, type Orders } from './naturalOrder';

/** One expression of a query, evaluated. */
export interface FrameResult extends Pick<Result, 'type'> {
  /** Undefined for PromQL queries. */
  signal?: Signal;
  expr: string;
  /** The value of `$window` in milliseconds; undefined for PromQL queries. */
  window?: number;
  /** One value per time. Times are milliseconds since 1970. A vector or scalar has one. */
  series: ReadonlyArray<{ labels: Labels; times: ArrayLike<number>; values: ArrayLike<number> }>;
}

/** How the results of one query are shown. */
export interface FrameOptions {
  refId: string;
  legendFormat?: string;
  /** The unit of PromQL results, by Grafana's id. */
  unit?: string | undefined;
  /** Labels that come first in tables and names, e.g. cluster and node. */
  identity: readonly string[];
  orders?: Orders;
  /** Titles for label values, used in names. */
  titles?: Readonly<Record<string, string>>;
  /** Milliseconds between the points of a range; undefined for an instant. */
  step?: number;
  table: boolean;
  notices: QueryResultMetaNotice[];
}

/** A series of a result, without unknown values. */
export interface FrameSeries {
  result: FrameResult;
  /** Index of the result. */
  index: number;
  labels: Labels;
  times: number[];
  values: number[];
  isInstant: boolean;
}

/** Finds what may give the series of a PromQL query their order. */
const RANKING = /\b(sort\w*|topk|bottomk)\b/i;

/**
 * The series of all results. Points with the value NaN are left out: in PromQL, NaN means that a value cannot be known. A
 * series without points is left out, too. Series of several signals get the label `signal`, except in tables. They are
 * sorted by their labels, those of the identity first.
 */
export function seriesOf(results: readonly FrameResult[], { table, identity, orders }: FrameOptions): FrameSeries[] {
  return results.flatMap((result, index) => {
    if (result.type === 'string') {
      throw new Error('the expression returns a string, which cannot be shown or alerted on: expected numbers');
    }
    const isInstant = result.type !== 'matrix';
    const all = result.series.flatMap(({ labels, times, values }) => {
      const places = Array.from(values, (value, i) => (Number.isNaN(value) ? -1 : i)).filter((i) => i >= 0);
      const shownLabels =
        result.signal && results.length > 1 && !table ? labels.set('signal', result.signal.id) : labels;
      const points = { times: places.map((i) => times[i]!), values: places.map((i) => values[i]!) };
      return places.length === 0 ? [] : [{ result, index, labels: shownLabels, ...points, isInstant }];
    });
    // The order of an instant PromQL query may be the one asked for, as in sort(up).
    const isSortable = !isInstant || result.signal !== undefined || !RANKING.test(result.expr);
    const names = isSortable ? namesOf(all, identity) : [];
    return isSortable ? all.sort((a, b) => compareLabels(a.labels, b.labels, names, orders)) : all;
  });
}
