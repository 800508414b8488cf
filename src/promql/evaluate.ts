import { annotationsOf } from './annotations';
import { type Expr, unwrap } from './ast';
import { typeOf } from './check';
import { type Query } from './context';
import { EvaluationError } from './errors';
import { Evaluation } from './evaluation';
import { parse } from './parse';
import { type Result, resultOf, scalarSeries, windowOf } from './result';
import { type Source } from './source';

export interface Options {
  /** Milliseconds. Without a step the query is an instant query. */
  start: number;
  end?: number;
  /** Milliseconds between steps. */
  step?: number;
  /** The values of `start()` and `end()` in milliseconds, when only some of the query's steps are evaluated. */
  queryRange?: { start: number; end: number };
  /** Maximum age of a sample in milliseconds; default five minutes. */
  lookback?: number;
  /**
   * The distance between samples varies. PromQL extrapolates to the ends of a window by the average distance, which makes
   * rates too low over uneven samples. With this option the increase at an end is interpolated between the samples on both
   * sides of it. Default off.
   */
  isUneven?: boolean;
  /** Prometheus's feature flag `promql-delayed-name-removal`, which its test scripts expect. Default off. */
  delayedNameRemoval?: boolean;
}

/**
 * Evaluates an expression as Prometheus 3 does. Throws a ParseError, an UnsupportedError or, when the data does not fit the
 * expression, an EvaluationError.
 */
export function evaluate(text: string, source: Source, options: Options): Result {
  return evaluateExpr(parse(text), text, source, options);
}

/** Evaluates a parsed expression; `text` is its source. */
export function evaluateExpr(expr: Expr, text: string, source: Source, options: Options): Result {
  const { start, end = start, step = 0, lookback = 300_000, isUneven = false, delayedNameRemoval = false } = options;
  const { queryRange = { start, end } } = options;
  const ranges = step > 0;
  const count = ranges ? Math.floor((end - start) / step) + 1 : 1;
  const query: Query = {
    text,
    source,
    ...queryRange,
    step,
    lookback,
    isUneven,
    delayedNameRemoval,
    annotations: new Map(),
  };
  const evaluator = new Evaluation(query, { start, step: ranges ? step : 1, count });
  const type = typeOf(expr);
  const annotations = () => annotationsOf(query);
  if (type === 'string' || type === 'matrix') {
    if (ranges) {
      const name = type === 'string' ? 'string' : 'range vector';
      throw new EvaluationError(`invalid expression type "${name}" for range query, must be Scalar or instant Vector`);
    }
    const inner = unwrap(expr);
    return inner.kind === 'string'
      ? { type: 'string', text: inner.value, series: [], annotations: annotations() }
      : { type: 'matrix', series: windowOf(inner, evaluator), annotations: annotations() };
  }
  const series = type === 'scalar' ? scalarSeries(evaluator.scalar(expr)) : evaluator.vector(expr);
  return { type: ranges ? 'matrix' : type, series: resultOf(series, evaluator, ranges), annotations: annotations() };
}
