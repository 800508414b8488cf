import { RE2JS } from 're2js';

/**
 * A pattern of Go's regular expressions (RE2), which take time in proportion to the text, whatever they are. It has to match
 * a whole text, as Prometheus has all of them. Throws an Error that names what is wrong.
 */
export function wholeText(source: string): RE2JS {
  return RE2JS.compile(source, RE2JS.DOTALL);
}
