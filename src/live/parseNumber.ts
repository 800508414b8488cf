/** Parses sample values, with the same rules as the backend's reader. */

const decimal = /^[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?$/;

/** A decimal number, NaN or Inf; undefined when the text is not a number or exceeds a float64. */
export function parseNumber(text: string): number | undefined {
  if (decimal.test(text)) {
    const value = Number(text);
    return Number.isFinite(value) ? value : undefined;
  }
  // C++ also writes -nan.
  if (/^[+-]*nan$/i.test(text)) {
    return NaN;
  }
  if (/^[+-]?inf(?:inity)?$/i.test(text)) {
    return text[0] === '-' ? -Infinity : Infinity;
  }
  return undefined;
}

export function isNumber(text: string): boolean {
  return parseNumber(text) !== undefined;
}

const maxExactInteger = 2 ** 53;
const uint64Range = 2n ** 64n;

/**
 * A time in Unix nanoseconds. A float64 is not exact beyond 2^53, so such a time is rounded down to whole milliseconds:
 * `Math.round(value / 1e6)` then returns these exactly.
 */
export function parseNanoTime(text: string): number | undefined {
  if (!/^[0-9]+$/.test(text) || Number(text) < maxExactInteger) {
    return parseNumber(text);
  }
  const time = BigInt(text);
  return time >= uint64Range || time <= BigInt(maxExactInteger) ? parseNumber(text) : Number(time / 1_000_000n) * 1e6;
}
