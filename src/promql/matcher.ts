import { wholeText } from './regex';

export type MatchOperator = '=' | '!=' | '=~' | '!~';

/** A condition on one label. A missing label has the value ''. */
export interface Matcher {
  label: string;
  operator: MatchOperator;
  value: string;
  matches(value: string): boolean;
}

/** Results of a regular expression that are remembered. Beyond that number the memory starts over. */
export const maxRememberedValues = 1000;

/** Creates a matcher. Throws an Error when a regular expression is invalid. */
export function matcher(label: string, operator: MatchOperator, value: string): Matcher {
  return { label, operator, value, matches: test(operator, value) };
}

function test(operator: MatchOperator, value: string): (value: string) => boolean {
  switch (operator) {
    case '=':
      return (given) => given === value;
    case '!=':
      return (given) => given !== value;
    case '=~':
    case '!~': {
      const pattern = wholeText(value);
      const wanted = operator === '=~';
      // The same values are matched again and again.
      const results = new Map<string, boolean>();
      return (given) => {
        let matches = results.get(given);
        if (matches === undefined) {
          matches = pattern.testExact(given);
          if (results.size >= maxRememberedValues) {
            results.clear();
          }
          results.set(given, matches);
        }
        return matches === wanted;
      };
    }
  }
}
