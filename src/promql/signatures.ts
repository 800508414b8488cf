import { type ValueType } from './ast';

export interface Signature {
  args: ValueType[];
  /** Whether the last argument is optional: 0 it is required, 1 it may be missing, -1 it may be missing or repeated. */
  variadic: number;
  returns: ValueType;
}

const one = (...args: ValueType[]): Signature => ({ args, variadic: 0, returns: 'vector' });
const optional = (...args: ValueType[]): Signature => ({ args, variadic: 1, returns: 'vector' });

function all(names: string, signature: Signature): Record<string, Signature> {
  return Object.fromEntries(names.split(' ').map((name) => [name, signature]));
}

/** Argument and return types of the functions. */
export const signatures: ReadonlyMap<string, Signature> = new Map(
  Object.entries({
    ...all('abs absent ceil exp floor ln log10 log2 sgn sort sort_desc sqrt timestamp', one('vector')),
    ...all('acos acosh asin asinh atan atanh cos cosh deg rad sin sinh tan tanh', one('vector')),
    ...all('changes delta deriv idelta increase irate rate resets', one('matrix')),
    ...all('absent_over_time avg_over_time count_over_time last_over_time max_over_time min_over_time', one('matrix')),
    ...all('first_over_time present_over_time stddev_over_time stdvar_over_time sum_over_time', one('matrix')),
    ...all('day_of_month day_of_week day_of_year days_in_month hour minute month year', optional('vector')),
    clamp: one('vector', 'scalar', 'scalar'),
    clamp_max: one('vector', 'scalar'),
    clamp_min: one('vector', 'scalar'),
    histogram_quantile: one('scalar', 'vector'),
    label_join: { args: ['vector', 'string', 'string', 'string'], variadic: -1, returns: 'vector' },
    label_replace: one('vector', 'string', 'string', 'string', 'string'),
    pi: { args: [], variadic: 0, returns: 'scalar' },
    predict_linear: one('matrix', 'scalar'),
    quantile_over_time: one('scalar', 'matrix'),
    round: optional('vector', 'scalar'),
    scalar: { args: ['vector'], variadic: 0, returns: 'scalar' },
    time: { args: [], variadic: 0, returns: 'scalar' },
    vector: one('scalar'),
  })
);

/** Functions of Prometheus that this evaluator does not support: they are for histograms, or experimental. */
export const unsupportedFunctions = new Set(
  (
    'double_exponential_smoothing end histogram_avg histogram_count histogram_fraction ' +
    'histogram_quantiles histogram_stddev histogram_stdvar histogram_sum info integral ' +
    'mad_over_time max_of min_of range sort_by_label sort_by_label_desc start start_timestamp step ' +
    'ts_of_first_over_time ts_of_last_over_time ts_of_max_over_time ts_of_min_over_time'
  ).split(' ')
);

/** Aggregations and the type of their parameter, if any. */
export const aggregations: ReadonlyMap<string, 'scalar' | 'string' | undefined> = new Map([
  ...'sum avg min max count group stddev stdvar'.split(' ').map((name) => [name, undefined] as const),
  ...'topk bottomk quantile'.split(' ').map((name) => [name, 'scalar'] as const),
  ['count_values', 'string'],
]);

export const unsupportedAggregations = new Set(['limitk', 'limit_ratio']);
