import { aggregate } from './aggregate';
import { type Expr } from './ast';
import { binaryScalar, binaryVector } from './binary';
import { callScalar, callVector } from './calls';
import { type Evaluator, type Query, renamed } from './context';
import { select } from './selectors';
import { type Grid, mapValues, type StepSeries } from './steps';

/** Evaluates expressions at the times of a grid, series by series instead of step by step. */
export class Evaluation implements Evaluator {
  constructor(
    readonly query: Query,
    readonly grid: Grid
  ) {}

  withGrid(grid: Grid): Evaluator {
    return new Evaluation(this.query, grid);
  }

  vector(expr: Expr): StepSeries[] {
    switch (expr.kind) {
      case 'selector':
        return select(expr, this);
      case 'call':
        return callVector(expr, this);
      case 'aggregation':
        return aggregate(expr, this);
      case 'binary':
        return binaryVector(expr, this);
      case 'paren':
        return this.vector(expr.expr);
      case 'unary': {
        const all = this.vector(expr.expr);
        return expr.operator === '-' ? renamed(all, (one) => mapValues(one, (value) => -value), this.query) : all;
      }
      default:
        throw new TypeError(`a ${expr.kind} is not a vector`);
    }
  }

  scalar(expr: Expr): Float64Array {
    switch (expr.kind) {
      case 'number':
        return new Float64Array(this.grid.count).fill(expr.value);
      case 'call':
        return callScalar(expr, this);
      case 'binary':
        return binaryScalar(expr, this);
      case 'paren':
        return this.scalar(expr.expr);
      case 'unary': {
        const values = this.scalar(expr.expr);
        return expr.operator === '-' ? values.map((value) => -value) : values;
      }
      default:
        throw new TypeError(`a ${expr.kind} is not a scalar`);
    }
  }
}
