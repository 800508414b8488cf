/** Operator precedence; a higher number binds more tightly. */
export const precedence: Readonly<Record<string, number>> = {
  or: 1,
  and: 2,
  unless: 2,
  '==': 3,
  '!=': 3,
  '<': 3,
  '<=': 3,
  '>': 3,
  '>=': 3,
  '+': 4,
  '-': 4,
  '*': 5,
  '/': 5,
  '%': 5,
  atan2: 5,
  '^': 6,
};

/** Precedence of the operand of a sign: `-a ^ 2` is `-(a ^ 2)`. */
export const signPrecedence = 6;

export function isComparison(operator: string): boolean {
  return precedence[operator] === 3;
}

export function isSet(operator: string): boolean {
  return (precedence[operator] ?? 9) < 3;
}

export const isRightAssociative = (operator: string): boolean => operator === '^';
