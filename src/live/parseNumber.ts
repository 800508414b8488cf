/** Values of an answer; the same rules as the backend's (pkg/scrape/read_number.go). */

const decimal = /^[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?$/;

/** A decimal number, NaN or Inf; undefined when the text is none, or too big for a float64. */
export function parseValue(text: string): number | undefined {
  if (decimal.test(text)) {
    const value = Number(text);
    return Number.isFinite(value) ? value : undefined;
  }
  // C++ writes -nan, too.
  if (/^[+-]*nan$/i.test(text)) {
    return NaN;
  }
  if (/^[+-]?inf(?:inity)?$/i.test(text)) {
    return text[0] === '-' ? -Infinity : Infinity;
  }
  return undefined;
}

export function isNumber(text: string): boolean {
  return parseValue(text) !== undefined;
}

const billion53 = 2 ** 53;
const uint64 = 2n ** 64n;

/**
 * A time in unix nanoseconds. Beyond 2^53 a float64 cannot hold it, so it is cut to whole milliseconds:
 * `Math.round(value / 1e6)` then gives these exactly.
 */
export function parseNanoTime(text: string): number | undefined {
  if (!/^[0-9]+$/.test(text) || Number(text) < billion53) {
    return parseValue(text);
  }
  const time = BigInt(text);
  return time >= uint64 || time <= BigInt(billion53) ? parseValue(text) : Number(time / 1_000_000n) * 1e6;
}
