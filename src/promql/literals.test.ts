import { formatNumber, parseDuration, parseNumber, unquote } from './literals';

describe('literals', () => {
  it.each([
    ['1.5e3', 1500],
    ['0x1F', 31],
    ['0755', 493],
    ['1_000', 1000],
    ['-Inf', -Infinity],
    ['.5', 0.5],
    ['1h30m', 5400],
    ['250ms', 0.25],
    ['1m1h', undefined],
    ['', undefined],
  ])('reads the number %s', (text, value) => {
    expect(parseNumber(text)).toBe(value);
  });

  it('reads durations', () => {
    expect([parseDuration('1y'), parseDuration('1w2d'), parseDuration('5')]).toEqual([31_536_000, 777_600, undefined]);
  });

  it.each([
    ['"a\\n\\"\\u00e4\\x41\\101"', { value: 'a\n"äAA' }],
    ['`a\\n`', { value: 'a\\n' }],
    ['"ä\\xc3\\xa4"', { value: 'ää' }],
    ['"a\\"', { error: 'unterminated quoted string' }],
    ['"\\q"', { error: 'unknown escape sequence "\\q"' }],
    ['"\\xc5"', { error: 'the string is not valid UTF-8' }],
  ])('reads the string %s', (text, value) => {
    expect(unquote(text)).toEqual(value);
  });

  it.each([
    [1e21, '1000000000000000000000'],
    [1.5e-7, '0.00000015'],
    [-12.5, '-12.5'],
    [1.25e22, '12500000000000000000000'],
    [Infinity, '+Inf'],
  ])('prints %s', (value, text) => {
    expect(formatNumber(value)).toBe(text);
  });
});
