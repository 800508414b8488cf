import { wholeText } from './regex';

export type MatchOperator = '=' | '!=' | '=~' | '!~';

/** A condition on one label; a label that a series lacks has the value ''. */
export interface Matcher {
  label: string;
  operator: MatchOperator;
  value: string;
  matches(value: string): boolean;
}

/** Throws an Error that says what is wrong with a regular expression. */
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
      // The same values are asked for again and again.
      const known = new Map<string, boolean>();
      return (given) => {
        const matches = known.get(given) ?? pattern.testExact(given);
        known.set(given, matches);
        return matches === wanted;
      };
    }
  }
}
