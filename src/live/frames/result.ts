import { type QueryResultMetaNotice } from '@grafana/data';
import { type Labels, type Result } from '../../promql';
import { type Signal } from '../../signals/types';

/** One expression of a query, evaluated. */
export interface FrameResult extends Pick<Result, 'type'> {
  /** None for PromQL written by hand. */
  signal?: Signal;
  expr: string;
  /** What `$window` stood for, milliseconds; none for PromQL written by hand. */
  window?: number;
  /** A value for each time, which is milliseconds since 1970. A vector or scalar has one. */
  series: ReadonlyArray<{ labels: Labels; times: ArrayLike<number>; values: ArrayLike<number> }>;
}

/** What becomes of the results of one query. */
export interface FrameOptions {
  refId: string;
  legend?: string;
  /** Labels that come first in tables and names: cluster, node. */
  identity: readonly string[];
  /** Shown for values of labels, in names. */
  titles?: Readonly<Record<string, string>>;
  /** Milliseconds between the points of a range; none for an instant. */
  step?: number;
  table: boolean;
  notices: QueryResultMetaNotice[];
}

/** A series of a result, what is known of it. */
export interface Known {
  result: FrameResult;
  /** The place of the result among all. */
  index: number;
  labels: Labels;
  times: number[];
  values: number[];
  isInstant: boolean;
}

/**
 * What is known of the results. A point whose value is NaN is left out, and so is a series of such points: it is how
 * PromQL says "cannot be known". Several signals are told apart by the label `signal`, but for the columns of a table.
 */
export function knownOf(results: readonly FrameResult[], table: boolean): Known[] {
  return results.flatMap((result, index) => {
    if (result.type === 'string') {
      throw new Error('the expression gives a string, which cannot be shown or alerted on; expected numbers');
    }
    const isInstant = result.type !== 'matrix';
    const known = result.series.flatMap(({ labels, times, values }) => {
      const places = Array.from(values, (value, i) => (Number.isNaN(value) ? -1 : i)).filter((i) => i >= 0);
      const told = result.signal && results.length > 1 && !table ? labels.set('signal', result.signal.id) : labels;
      const points = { times: places.map((i) => times[i]!), values: places.map((i) => values[i]!) };
      return places.length === 0 ? [] : [{ result, index, labels: told, ...points, isInstant }];
    });
    return isInstant && result.signal ? known.sort((a, b) => a.labels.compare(b.labels)) : known;
  });
}
