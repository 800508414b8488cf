import { type Expr, unwrap } from './ast';
import { typeOf } from './check';
import { type Query } from './context';
import { EvaluationError } from './errors';
import { Evaluation } from './evaluation';
import { parse } from './parse';
import { type Result, resultOf, scalarSeries, windowOf } from './result';
import { type Source } from './source';

export interface Options {
  /** Milliseconds; without a step, or where both are the same, the query is an instant one. */
  start: number;
  end?: number;
  /** Milliseconds between steps. */
  step?: number;
  /** What `start()` and `end()` stand for, milliseconds, where these steps are but a part of what is queryRange. */
  queryRange?: { start: number; end: number };
  /** How old a sample may be, milliseconds; default five minutes. */
  lookback?: number;
  /**
   * Samples lie closer together in some places than in others. PromQL takes their average distance for what may be missing
   * at the ends of a window, so that a rate would read low; with this, it goes by the samples on both sides of the end.
   * Default off.
   */
  isUneven?: boolean;
  /** Prometheus's `promql-delayed-name-removal`, which its own test scripts expect. Default off. */
  delayedNameRemoval?: boolean;
}

/**
 * Evaluates an expression as Prometheus 3 does. Throws a ParseError, an UnsupportedError or, with the data at fault, an
 * EvaluationError.
 */
export function evaluate(text: string, source: Source, options: Options): Result {
  return evaluateExpr(parse(text), text, source, options);
}

/** The same for an expression that has been parsed; `text` is what it was parsed from. */
export function evaluateExpr(expr: Expr, text: string, source: Source, options: Options): Result {
  const { start, end = start, step = 0, lookback = 300_000, isUneven = false, delayedNameRemoval = false } = options;
  const { queryRange = { start, end } } = options;
  const ranges = step > 0;
  const count = ranges ? Math.floor((end - start) / step) + 1 : 1;
  const query: Query = { text, source, ...queryRange, step, lookback, isUneven, delayedNameRemoval, annotations: new Set() };
  const evaluator = new Evaluation(query, { start, step: ranges ? step : 1, count });
  const type = typeOf(expr);
  const annotations = () => [...query.annotations];
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
