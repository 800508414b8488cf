import { RE2JS } from 're2js';

/**
 * Compiles a regular expression of Prometheus: RE2 syntax, matching in linear time, anchored to the whole text. Throws an
 * Error when it is invalid.
 */
export function wholeText(source: string): RE2JS {
  return RE2JS.compile(source, RE2JS.DOTALL);
}

/** Whether Prometheus takes a regular expression. */
export function isRegularExpression(source: string): boolean {
  try {
    wholeText(source);
    return true;
  } catch {
    return false;
  }
}
