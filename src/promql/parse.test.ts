import { type Expr } from './ast';
import { parse } from './parse';

/** The expression with all parentheses. */
function bracketed(expr: Expr): string {
  switch (expr.kind) {
    case 'number':
      return String(expr.value);
    case 'string':
      return JSON.stringify(expr.value);
    case 'selector':
      return (
        expr.matchers
          .map(({ label, operator, value }) => (label === '__name__' ? value : label + operator + value))
          .join(',') +
        (expr.offset ? ` offset ${JSON.stringify(expr.offset)}` : '') +
        (expr.at === undefined ? '' : ` @ ${expr.at}`)
      );
    case 'range':
      return `${bracketed(expr.selector)}[]`;
    case 'subquery':
      return `<${bracketed(expr.expr)}>[:]${expr.at === undefined ? '' : ` @ ${expr.at}`}`;
    case 'call':
      return `${expr.name}(${expr.args.map(bracketed).join(', ')})`;
    case 'aggregation':
      return `${expr.operator}(${bracketed(expr.expr)})`;
    case 'unary':
      return `(${expr.operator}${bracketed(expr.expr)})`;
    case 'binary':
      return `(${bracketed(expr.left)} ${expr.operator} ${bracketed(expr.right)})`;
    case 'paren':
      return bracketed(expr.expr);
  }
}

describe('parse', () => {
  const seconds = (value: number) => `offset {"kind":"seconds","value":${value}}`;

  it.each([
    ['a + b * c', '(a + (b * c))'],
    ['a + b offset 5m * c', `(a + (b ${seconds(300)} * c))`],
    ['a unless a offset 5m == 1', `(a unless (a ${seconds(300)} == 1))`],
    ['-a ^ 2 * b', '((-(a ^ 2)) * b)'],
    ['2 ^ -1 ^ 2', '(2 ^ (-(1 ^ 2)))'],
    ['2 ^ 3 ^ 2', '(2 ^ (3 ^ 2))'],
    ['a or b and c', '(a or (b and c))'],
    ['a and sum_over_time(b[5m:1m] @ end())', '(a and sum_over_time(<b>[:] @ end))'],
    ['a == bool on (x) -b @ 5 ^ 2 or c', '((a == (-(b @ 5000 ^ 2))) or c)'],
    ['a > 1. / 2', '(a > (1 / 2))'],
    ['rate({__name__="a\\"b", c=~`d.*`}[1h30m])', 'rate(a"b,c=~d.*[])'],
    ['SUM BY (a) (b) # all', 'sum(b)'],
  ])('applies precedence in %s', (query, expected) => {
    expect(bracketed(parse(query))).toBe(expected);
  });

  it.each([
    ['', '1:1: parse error: no expression found in input'],
    ['a +', '1:4: parse error: unexpected end of input'],
    ['sum(a', '1:6: parse error: unexpected end of input'],
    ['a b', '1:3: parse error: unexpected "b"'],
    ['foo(a)', '1:1: parse error: unknown function with name "foo"'],
    ['{}', '1:1: parse error: vector selector must contain at least one non-empty matcher'],
    ['a{__name__="b"}', '1:1: parse error: metric name must not be set twice: "a" or "b"'],
    ['a{b=~"("}', '1:6: parse error: the regular expression "(": error parsing regexp: missing closing ): `(?s)(`'],
    ['rate(a)', '1:6: parse error: expected type range vector in call to function "rate", got instant vector'],
    ['clamp(a, 1)', '1:1: parse error: expected 3 argument(s) in call to "clamp", got 2'],
    ['sum(a, b)', '1:1: parse error: wrong number of arguments for aggregate expression provided, expected 1, got 2'],
    ['1 == 1', '1:1: parse error: comparisons between scalars must use BOOL modifier'],
    ['a + bool b', '1:1: parse error: bool modifier can only be used on comparison operators'],
    ['a and on (x) group_left b', '1:1: parse error: no grouping allowed for "and" operation'],
    ['a and 1', '1:1: parse error: set operator "and" not allowed in binary scalar expression'],
    ['sum(a)[5m]', '1:1: parse error: ranges only allowed for vector selectors'],
    [
      'a +\n  sum(b) offset 5m',
      '2:3: parse error: offset modifier must be preceded by an instant vector selector or range vector selector or a subquery',
    ],
    ['histogram_fraction(0, 1, a)', '1:1: the function histogram_fraction is not supported in live mode'],
    ['a + limitk(1, b)', '1:5: the aggregation limitk is not supported in live mode'],
    ['rate(a[1m] smoothed)', '1:12: the modifier smoothed is not supported in live mode'],
    ['a + fill(0) b', '1:5: the modifier fill is not supported in live mode'],
    ['http.requests', '1:1: an unquoted UTF-8 name is not supported in live mode'],
  ])('refuses %s', (query, message) => {
    expect(() => parse(query)).toThrow(new Error(message));
  });
});
