/** Line and column, from 1, of an offset in a query: `1:15`. */
export function position(query: string, offset: number): string {
  const before = query.slice(0, offset).split('\n');
  return `${before.length}:${(before.at(-1)?.length ?? 0) + 1}`;
}

/** An expression that is no PromQL. The message begins with where: `1:15: parse error: …`. */
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
 * PromQL that this evaluator leaves to others: histograms, and what Prometheus itself calls experimental.
 * `construct` names it, in the words of the list in tests/conformance.
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

/** A query that cannot be answered with the data it met; the message is Prometheus's own. */
export class EvaluationError extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'EvaluationError';
  }
}
