/** Evaluates PromQL over samples in memory with the semantics of Prometheus 3. Independent of Grafana. */
export { type Expr, type Selector } from './ast';
export { type Bounds, exceededBound } from './bounds';
export { EvaluationError, ParseError, position, UnsupportedError } from './errors';
export { evaluate, evaluateExpr, type Options } from './evaluate';
export { type Condition, lookbackOf, selectorsOf, withConditions } from './inspect';
export { Labels } from './labels';
export { matcher, type Matcher } from './matcher';
export { parse } from './parse';
export { type Result, type ResultSeries } from './result';
export { firstAfter, type Source, type StoredSeries } from './source';
export { compileRegex } from './regex';
