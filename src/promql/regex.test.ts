import { wholeText } from './regex';

describe('wholeText', () => {
  it.each([
    ['a.*', 'abc\ndef', 'bac'],
    ['a|ab', 'ab', 'abb'],
    ['(?i)node-[a-c]', 'NODE-B', 'NODE-D'],
    ['((?i)a)b', 'Ab', 'AB'],
    ['[[:digit:]]+\\.\\d', '12.3', 'a.3'],
    ['\\Qa.b\\E+', 'a.bb', 'axb'],
    ['[]a]{2}', ']a', 'b]'],
    ['{a}', '{a}', 'a'],
    ['(?P<x>a)', 'a', 'aa'],
    ['(?m)a.*', 'ab', 'ba'],
    ['(?U)a+', 'aa', 'b'],
    ['\\pL+', 'äb', '1'],
    ['[[:^alpha:]]', '1', 'a'],
  ])('reads %s', (pattern, match, other) => {
    expect([wholeText(pattern).testExact(match), wholeText(pattern).testExact(other)]).toEqual([true, false]);
  });

  it.each([
    ['(?=a)', 'error parsing regexp: invalid or unsupported Perl syntax: `(?=`'],
    ['(a)\\1', 'error parsing regexp: invalid escape sequence: `\\1`'],
    ['[[:nope:]]', 'error parsing regexp: invalid character class range: `[:nope:]`'],
    ['(', 'error parsing regexp: missing closing ): `(?s)(`'],
  ])('refuses %s', (pattern, message) => {
    expect(() => wholeText(pattern)).toThrow(new Error(message));
  });

  it('matches in linear time', () => {
    const began = process.cpuUsage(); // other programs on the machine do not count
    expect(wholeText('(a+)+|(a|aa)+').testExact(`${'a'.repeat(3000)}b`)).toBe(false);
    expect(process.cpuUsage(began).user).toBeLessThan(1e6);
  });
});
