/** @jest-environment node */
import { findMistake, readMistake } from './mistakes';

test.each<[string, string, string]>([
  ['sum(', '(', 'unexpected end of input'],
  ['rate(m[5m]) by (x)', 'by', 'unexpected'],
  ['rate(m[$__rate_interval]) + foo(1)', 'foo', 'unknown function with name "foo"'],
  ['rate(up)', 'up', 'expected type range vector'],
  ['up{node="$node"} ==\n  up)', ')', 'unexpected ")"'],
])('%s is marked at %s', (expr, marked, message) => {
  const mistake = findMistake(expr)!;
  expect(expr.slice(mistake.from, mistake.to)).toBe(marked);
  expect(mistake.message).toContain(message);
});

test.each([
  '',
  '  ',
  'up',
  'sum by (node) (rate(m{node=~"$node"}[$__rate_interval] offset ${shift}))',
  'topk($n, up)',
  'limitk(1, up)',
])('%p has no mistake that the browser can know', (expr) => expect(findMistake(expr)).toBeUndefined());

test('an error of the backend is marked where it counts in the same text', () => {
  const message = 'the expression cannot be parsed at line 2, character 3: no such thing';
  expect(readMistake('up\n+ foo', message)).toEqual({ from: 5, to: 8, message: 'no such thing' });
  expect(readMistake('up', 'the expression cannot be parsed at character 9: end')).toEqual({
    from: 1,
    to: 2,
    message: 'end',
  });
  expect(readMistake('rate(up[$w])\n+ foo', message)).toBeUndefined();
  expect(readMistake('up', 'the target is down')).toBeUndefined();
});
