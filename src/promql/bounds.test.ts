import fc from 'fast-check';
import { type Expr } from './ast';
import { depthOf, exceededBound } from './bounds';
import { parse } from './parse';

const bounds = { sizeBytes: 65_536, depth: 256 };

/** The cases of the backend's test. */
describe('exceededBound', () => {
  const deep =
    'the expression is nested deeper than limits.expressionDepthLimit, which is 256: split it, or raise the limit. ' +
    'Operators in a row count as levels';

  it('refuses long expressions', () => {
    expect(exceededBound(`${'abs('.repeat(185_000)}up${')'.repeat(185_000)}`, bounds)).toBe(
      'the expression has 925002 bytes, and limits.expressionSizeLimit is 65536 bytes: shorten it, or raise the limit'
    );
    expect(exceededBound(`up{a="${'ä'.repeat(32_800)}"}`, bounds)).toMatch(/^the expression has 65608 bytes/);
  });

  it.each([
    ['functions', `${'abs('.repeat(300)}up${')'.repeat(300)}`],
    ['parentheses', `${'('.repeat(30_000)}1${')'.repeat(30_000)}`],
    ['brackets that are never closed', '('.repeat(60_000)],
    ['signs', `${'-'.repeat(60_000)}up`],
    ['a chain', `up${'+up'.repeat(300)}`],
    ['words', `up${' or up'.repeat(300)}`],
    ['comparisons', `up${'>bool up'.repeat(300)}`],
    ['subqueries', `up${'[1m:1m]'.repeat(300)}`],
    ['a mixture', `${'1+(2*abs('.repeat(100)}1${'))'.repeat(100)}`],
  ])('refuses deep %s', (_, expr) => {
    expect(exceededBound(expr, bounds)).toBe(deep);
  });

  it.each([
    '',
    'up',
    `up{a="((((", b=~"${'('.repeat(300)}"}`,
    `up # ${'('.repeat(300)}\n+ 1`,
    `up ${')'.repeat(300)}`,
    `'${'('.repeat(300)}`,
    '`\\`',
    '(1),'.repeat(1000),
    `up{${'a!="b",'.repeat(1000)}}`,
  ])('accepts other expressions: %.20s', (expr) => {
    expect(exceededBound(expr, bounds)).toBeUndefined();
  });

  it('takes linear time', () => {
    const start = process.cpuUsage(); // other programs on the machine do not count
    for (const text of ['"', "'\\", '`', '#', '((', 'a', '= ', '-', '"\\']) {
      exceededBound(text.repeat(30_000), { sizeBytes: 1e9, depth: 1e9 });
    }
    expect(process.cpuUsage(start).user).toBeLessThan(3e6);
  });
});

describe('depthOf', () => {
  it('counts the levels of the tree', () => {
    expect(depthOf('sum(a + b) / 2', 100)).toBe(4);
  });

  it('is never below the height of the tree', () => {
    const { expr: expressions } = fc.letrec<{ expr: string }>((tie) => ({
      expr: fc.oneof(
        { depthSize: 'medium', withCrossShrink: true },
        fc.constantFrom('up', 'a{b="(("}', '1', 'a{b!~"x",c="\'"}', 'a offset 5m'),
        tie('expr').map((one) => `(${one})`),
        tie('expr').map((one) => `-${one}`),
        tie('expr').map((one) => `sum by (a) (${one})`),
        tie('expr').map((one) => `max_over_time((${one})[5m:1m])`),
        fc
          .tuple(tie('expr'), fc.constantFrom('+', ' - ', '*', '^', ' > bool ', ' and ', ' or '), tie('expr'))
          .map((parts) => parts.join(''))
      ),
    }));
    fc.assert(
      fc.property(expressions, (text) => {
        let expr: Expr;
        try {
          expr = parse(text);
        } catch {
          return;
        }
        expect(height(expr)).toBeLessThanOrEqual(depthOf(text, 1000));
      }),
      { numRuns: 300 }
    );
  });
});

function height(expr: Expr): number {
  const inner = (): Expr[] => {
    switch (expr.kind) {
      case 'call':
        return expr.args;
      case 'binary':
        return [expr.left, expr.right];
      case 'subquery':
      case 'aggregation':
      case 'unary':
      case 'paren':
        return [expr.expr];
      default:
        return [];
    }
  };
  return 1 + Math.max(0, ...inner().map(height));
}
