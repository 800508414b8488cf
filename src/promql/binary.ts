import { arithmetic, comparison } from './arithmetic';
import { type Binary } from './ast';
import { typeOf } from './check';
import { type Evaluator, renamed } from './context';
import { matchVectors } from './matching';
import { isSet } from './operators';
import { setOperation } from './sets';
import { isEmpty, mapValues, type StepSeries } from './steps';

/** An operation between two scalars. Comparisons return 1 or 0. */
export function binaryScalar(expr: Binary, evaluator: Evaluator): Float64Array {
  const [left, right] = [evaluator.scalar(expr.left), evaluator.scalar(expr.right)];
  const compare = comparison.get(expr.operator);
  const operate = compare ? (a: number, b: number) => Number(compare(a, b)) : arithmetic.get(expr.operator)!;
  return left.map((value, step) => operate(value, right[step]!));
}

export function binaryVector(expr: Binary, evaluator: Evaluator): StepSeries[] {
  const [left, right] = [typeOf(expr.left), typeOf(expr.right)];
  if (left === 'scalar') {
    return withScalar(expr, evaluator.vector(expr.right), evaluator.scalar(expr.left), true, evaluator);
  }
  if (right === 'scalar') {
    return withScalar(expr, evaluator.vector(expr.left), evaluator.scalar(expr.right), false, evaluator);
  }
  const sides = [evaluator.vector(expr.left), evaluator.vector(expr.right)] as const;
  return isSet(expr.operator) ? setOperation(expr, ...sides, evaluator) : matchVectors(expr, ...sides, evaluator);
}

/** An operation between a vector and a scalar. Comparisons keep the values of the vector, on whichever side it is. */
function withScalar(
  { operator, bool }: Binary,
  vector: StepSeries[],
  scalar: Float64Array,
  scalarFirst: boolean,
  { query }: Evaluator
): StepSeries[] {
  const compare = comparison.get(operator);
  if (!compare) {
    const operate = arithmetic.get(operator)!;
    const apply = (value: number, step: number) =>
      scalarFirst ? operate(scalar[step]!, value) : operate(value, scalar[step]!);
    return renamed(vector, (one) => mapValues(one, apply), query);
  }
  const holds = (value: number, step: number) =>
    scalarFirst ? compare(scalar[step]!, value) : compare(value, scalar[step]!);
  if (bool) {
    return renamed(vector, (one) => mapValues(one, (value, step) => Number(holds(value, step))), query);
  }
  return vector
    .map((one) => ({
      ...one,
      present: one.present.map((there, step) => (there === 1 && holds(one.values[step]!, step) ? 1 : 0)),
    }))
    .filter((one) => !isEmpty(one));
}
