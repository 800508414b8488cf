import { anchored } from './regex';

describe('anchored', () => {
  it.each([
    ['a.*', 'abc\ndef', 'bac'],
    ['a|b', 'b', 'ab'],
    ['(?i)node-[a-c]', 'NODE-B', 'NODE-D'],
    ['x(?i:ab)c', 'xABc', 'xABC'],
    ['((?i)a)b', 'Ab', 'AB'],
    ['[[:digit:]]+\\.\\d', '12.3', 'a.3'],
    ['\\Qa.b\\E+', 'a.bb', 'axb'],
    ['a\\-\\/\\"', 'a-/"', 'a'],
    ['[]a]{2}', ']a', 'b]'],
    ['{a}', '{a}', 'a'],
    ['(?P<x>a)', 'a', 'aa'],
  ])('reads %s', (pattern, match, other) => {
    expect([anchored(pattern).test(match), anchored(pattern).test(other)]).toEqual([true, false]);
  });

  it.each([
    ['(?=a)', '"(?=a" is no group that RE2 and JavaScript both have'],
    ['(a)\\1', '"\\1" is no escape that RE2 has'],
    ['[[:nope:]]', '"[:nope:]" is no character class that RE2 and JavaScript both have'],
  ])('refuses %s', (pattern, message) => {
    expect(() => anchored(pattern)).toThrow(new Error(message));
  });
});
