import { type Expr } from '../../src/promql';

/** Functions whose result depends on the time of the step even if their arguments do not. */
const moving =
  'days_in_month day_of_month day_of_week day_of_year hour minute month predict_linear time timestamp year'.split(' ');

/**
 * Adds `@` to every selector and subquery without one, as Prometheus's tests do. The result is then the same at any time of
 * evaluation. Returns undefined when a function makes it depend on that time.
 */
export function fixedAt(expr: Expr, time: number): Expr | undefined {
  switch (expr.kind) {
    case 'number':
    case 'string':
      return expr;
    case 'selector':
    case 'subquery':
      return { ...expr, at: expr.at ?? time };
    case 'range':
      return { ...expr, selector: { ...expr.selector, at: expr.selector.at ?? time } };
    case 'call': {
      const args = expr.args.map((arg) => fixedAt(arg, time));
      return moving.includes(expr.name) || args.includes(undefined) ? undefined : { ...expr, args: args as Expr[] };
    }
    case 'binary': {
      const [left, right] = [fixedAt(expr.left, time), fixedAt(expr.right, time)];
      return left && right && { ...expr, left, right };
    }
    case 'aggregation': {
      const [inner, parameter] = [fixedAt(expr.expr, time), expr.parameter && fixedAt(expr.parameter, time)];
      return inner && (parameter || !expr.parameter) ? { ...expr, expr: inner, parameter } : undefined;
    }
    default: {
      const inner = fixedAt(expr.expr, time);
      return inner && { ...expr, expr: inner };
    }
  }
}
