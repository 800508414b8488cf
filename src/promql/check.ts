import { type Aggregation, type Binary, type Call, type Expr, type ValueType } from './ast';
import { ParseError } from './errors';
import { isComparison, isSet } from './operators';
import { aggregations, signatures } from './signatures';

const typeNames: Record<ValueType, string> = {
  scalar: 'scalar',
  vector: 'instant vector',
  matrix: 'range vector',
  string: 'string',
};

/** The type of an expression's result. */
export function typeOf(expr: Expr): ValueType {
  switch (expr.kind) {
    case 'number':
      return 'scalar';
    case 'string':
      return 'string';
    case 'selector':
    case 'aggregation':
      return 'vector';
    case 'range':
    case 'subquery':
      return 'matrix';
    case 'call':
      return signatures.get(expr.name)!.returns;
    case 'unary':
    case 'paren':
      return typeOf(expr.expr);
    case 'binary':
      return typeOf(expr.left) === 'scalar' && typeOf(expr.right) === 'scalar' ? 'scalar' : 'vector';
  }
}

/** Throws a {@link ParseError} when the types in an expression do not match. */
export function check(expr: Expr, query: string): void {
  const fail = (reason: string, at: Expr = expr): never => {
    throw new ParseError(reason, query, at.from);
  };
  switch (expr.kind) {
    case 'number':
    case 'string':
    case 'selector':
    case 'range':
      return;
    case 'paren':
      return check(expr.expr, query);
    case 'unary': {
      check(expr.expr, query);
      const type = typeOf(expr.expr);
      if (type !== 'scalar' && type !== 'vector') {
        fail(`unary expression only allowed on expressions of type scalar or instant vector, got "${typeNames[type]}"`);
      }
      return;
    }
    case 'subquery': {
      check(expr.expr, query);
      const type = typeOf(expr.expr);
      return type === 'vector' ? undefined : fail(`subquery is only allowed on instant vector, got ${type} instead`);
    }
    case 'aggregation':
      return checkAggregation(expr, query, fail);
    case 'call':
      return checkCall(expr, query, fail);
    case 'binary':
      return checkBinary(expr, query, fail);
  }
}

type Fail = (reason: string, at?: Expr) => never;

function expect(expr: Expr, wanted: ValueType, where: string, fail: Fail): void {
  const type = typeOf(expr);
  if (type !== wanted) {
    fail(`expected type ${typeNames[wanted]} in ${where}, got ${typeNames[type]}`, expr);
  }
}

function checkAggregation({ operator, parameter, expr }: Aggregation, query: string, fail: Fail): void {
  check(expr, query);
  expect(expr, 'vector', 'aggregation expression', fail);
  if (parameter) {
    check(parameter, query);
    expect(parameter, aggregations.get(operator)!, 'aggregation parameter', fail);
  }
}

function checkCall({ name, args }: Call, query: string, fail: Fail): void {
  const { args: types, variadic } = signatures.get(name)!;
  const least = variadic === 0 ? types.length : types.length - 1;
  const most = variadic < 0 ? Infinity : types.length;
  if (args.length < least || args.length > most) {
    const wanted = variadic === 0 ? '' : args.length < least ? 'at least ' : 'at most ';
    const count = args.length < least ? least : most;
    fail(`expected ${wanted}${count} argument(s) in call to "${name}", got ${args.length}`);
  }
  args.forEach((arg, i) => {
    check(arg, query);
    expect(arg, types[Math.min(i, types.length - 1)]!, `call to function "${name}"`, fail);
  });
}

function checkBinary({ operator, left, right, bool, matching }: Binary, query: string, fail: Fail): void {
  check(left, query);
  check(right, query);
  const types = [typeOf(left), typeOf(right)];
  const scalars = types.filter((type) => type === 'scalar').length;
  if (bool && !isComparison(operator)) {
    fail('bool modifier can only be used on comparison operators');
  }
  if (isComparison(operator) && !bool && scalars === 2) {
    fail('comparisons between scalars must use BOOL modifier');
  }
  const twice = matching.on && matching.labels.find((label) => matching.include.includes(label));
  if (twice) {
    fail(`label "${twice}" must not occur in ON and GROUP clause at once`);
  }
  for (const [i, side] of [left, right].entries()) {
    if (types[i] !== 'scalar' && types[i] !== 'vector') {
      fail('binary expression must contain only scalar and instant vector types', side);
    }
  }
  if (scalars > 0 && matching.labels.length > 0) {
    fail('vector matching only allowed between instant vectors');
  }
  if (isSet(operator) && scalars > 0) {
    fail(`set operator "${operator}" not allowed in binary scalar expression`);
  }
  if (isSet(operator) && matching.many) {
    fail(`no grouping allowed for "${operator}" operation`);
  }
}
