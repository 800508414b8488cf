import { RE2JS } from 're2js';

/**
 * Compiles a regular expression of Prometheus: RE2 syntax, matching in linear time, anchored to the whole text. Throws an
 * Error when it is invalid.
 */
export function wholeText(source: string): RE2JS {
  return RE2JS.compile(source, RE2JS.DOTALL);
}

/** Returns what a regular expression matches as a whole, or undefined if Prometheus refuses it. */
export function compileRegex(source: string): ((value: string) => boolean) | undefined {
  try {
    const pattern = wholeText(source);
    return (value) => pattern.testExact(value);
  } catch {
    return undefined;
  }
}
