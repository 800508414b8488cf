import { maximum, minimum } from './numeric';

/** A function of a value and scalar arguments. */
export type ValueFunction = (value: number, ...scalars: number[]) => number;

export const valueFunctions: ReadonlyMap<string, ValueFunction> = new Map<string, ValueFunction>([
  ['abs', Math.abs],
  ['ceil', Math.ceil],
  ['exp', Math.exp],
  ['floor', Math.floor],
  ['ln', Math.log],
  ['log10', Math.log10],
  ['log2', Math.log2],
  ['sqrt', Math.sqrt],
  ['sgn', (value) => (value < 0 ? -1 : value > 0 ? 1 : value)],
  ['acos', Math.acos],
  ['acosh', Math.acosh],
  ['asin', Math.asin],
  ['asinh', Math.asinh],
  ['atan', Math.atan],
  ['atanh', Math.atanh],
  ['cos', Math.cos],
  ['cosh', Math.cosh],
  ['sin', Math.sin],
  ['sinh', Math.sinh],
  ['tan', Math.tan],
  ['tanh', Math.tanh],
  ['deg', (value) => value * (180 / Math.PI)],
  ['rad', (value) => value * (Math.PI / 180)],
  ['clamp_max', (value, most) => maximum(-Infinity, minimum(most!, value))],
  ['clamp_min', (value, least) => maximum(least!, minimum(Infinity, value))],
  ['clamp', (value, least, most) => maximum(least!, minimum(most!, value))],
  ['round', (value, nearest = 1) => Math.floor(value * (1 / nearest) + 0.5) / (1 / nearest)],
]);

/** Functions that return a part of a time, given in seconds since 1970, in UTC. */
export const dateFunctions: ReadonlyMap<string, (seconds: number) => number> = new Map(
  Object.entries({
    day_of_month: (date: Date) => date.getUTCDate(),
    day_of_week: (date: Date) => date.getUTCDay(),
    day_of_year: (date: Date) => (midnight(date) - Date.UTC(date.getUTCFullYear(), 0, 1)) / 86_400_000 + 1,
    days_in_month: (date: Date) => new Date(Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + 1, 0)).getUTCDate(),
    hour: (date: Date) => date.getUTCHours(),
    minute: (date: Date) => date.getUTCMinutes(),
    month: (date: Date) => date.getUTCMonth() + 1,
    year: (date: Date) => date.getUTCFullYear(),
  }).map(([name, part]) => [name, (seconds: number) => part(new Date(Math.trunc(seconds) * 1000))])
);

function midnight(date: Date): number {
  return Date.UTC(date.getUTCFullYear(), date.getUTCMonth(), date.getUTCDate());
}
