/** Line and column of an offset in a query, from 1: `1:15`. */
export function position(query: string, offset: number): string {
  const before = query.slice(0, offset).split('\n');
  return `${before.length}:${(before.at(-1)?.length ?? 0) + 1}`;
}

/** An expression is not PromQL. The message starts with the position: `1:15: parse error: …`. */
export class ParseError extends Error {
  constructor(
    readonly reason: string,
    query: string,
    readonly offset: number
  ) {
    super(`${position(query, offset)}: parse error: ${reason}`);
    this.name = 'ParseError';
  }
}

/**
 * PromQL that this evaluator does not support: histograms and Prometheus's experimental features. `construct` names it as
 * tests/conformance/expected.json does.
 */
export class UnsupportedError extends Error {
  constructor(
    readonly construct: string,
    query: string,
    readonly offset: number
  ) {
    super(`${position(query, offset)}: ${construct} is not supported in live mode`);
    this.name = 'UnsupportedError';
  }
}

/** A query cannot be evaluated over the data at hand. The message is Prometheus's. */
export class EvaluationError extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'EvaluationError';
  }
}
