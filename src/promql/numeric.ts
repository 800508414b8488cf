/** Arithmetic in which Go and JavaScript differ, and compensated sums. */

/** Neumaier's compensated sum. */
export class Sum {
  value = 0;
  lost = 0;

  add(term: number): void {
    const total = this.value + term;
    if (!Number.isFinite(total) && !Number.isNaN(total)) {
      this.lost = 0;
    } else if (Math.abs(this.value) >= Math.abs(term)) {
      this.lost += this.value - total + term;
    } else {
      this.lost += term - total + this.value;
    }
    this.value = total;
  }

  get total(): number {
    return isInfinite(this.value) ? this.value : this.value + this.lost;
  }
}

export function isInfinite(value: number): boolean {
  return value === Infinity || value === -Infinity;
}

/** A mean that does not overflow: when the sum would, it continues from the mean so far. */
export class Mean {
  private sum = new Sum();
  private count = 0;
  private incremental = false;

  add(value: number): void {
    this.count++;
    const { sum, count } = this;
    if (!this.incremental) {
      const before = { value: sum.value, lost: sum.lost };
      sum.add(value);
      if (count === 1 || !isInfinite(sum.value)) {
        return;
      }
      this.incremental = true;
      sum.value = before.value / (count - 1);
      sum.lost = before.lost / (count - 1);
    }
    const share = (count - 1) / count;
    sum.value *= share;
    sum.lost *= share;
    sum.add(value / count);
  }

  get value(): number {
    const { value, lost } = this.sum;
    return this.incremental ? value + lost : value / this.count + lost / this.count;
  }
}

/** The quantile of values, interpolated between neighbours. Sorts the values in place. */
export function quantile(q: number, values: number[]): number {
  if (values.length === 0 || Number.isNaN(q)) {
    return NaN;
  }
  if (q < 0 || q > 1) {
    return q < 0 ? -Infinity : Infinity;
  }
  values.sort(ascending);
  const rank = q * (values.length - 1);
  const lower = Math.floor(rank);
  const weight = rank - lower;
  if (weight === 0) {
    return values[lower]!;
  }
  return values[lower]! * (1 - weight) + values[Math.min(values.length - 1, lower + 1)]! * weight;
}

/** Compares numbers; NaN comes first. */
export function ascending(a: number, b: number): number {
  if (Number.isNaN(a) || Number.isNaN(b)) {
    return Number(Number.isNaN(b)) - Number(Number.isNaN(a));
  }
  return a < b ? -1 : a > b ? 1 : 0;
}

export function power(base: number, exponent: number): number {
  // One to any power is one, even NaN.
  return base === 1 || (base === -1 && isInfinite(exponent)) ? 1 : base ** exponent;
}

/** The higher number. Infinity is higher than NaN. */
export function maximum(a: number, b: number): number {
  return a === Infinity || b === Infinity ? Infinity : Math.max(a, b);
}

/** The lower number. Minus infinity is lower than NaN. */
export function minimum(a: number, b: number): number {
  return a === -Infinity || b === -Infinity ? -Infinity : Math.min(a, b);
}
