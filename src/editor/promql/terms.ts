/** The words of PromQL with their help. The texts follow https://prometheus.io/docs/prometheus/latest/querying/. */

export interface Term {
  name: string;
  kind: 'function' | 'aggregation' | 'keyword' | 'macro';
  /** How the word is written with its arguments. */
  usage: string;
  help: string;
}

/** One word a line: name, arguments, help. */
function terms(kind: Term['kind'], lines: string): Term[] {
  return lines
    .trim()
    .split('\n')
    .map((line) => {
      const [name = '', args = '', help = ''] = line.split('|').map((part) => part.trim());
      return { name, kind, usage: kind === 'function' ? `${name}(${args})` : `${name}${args && ` ${args}`}`, help };
    });
}

export const FUNCTIONS: readonly Term[] = terms(
  'function',
  `
abs | v instant-vector | Absolute values.
absent | v instant-vector | 1 if the vector has no elements, nothing otherwise.
absent_over_time | v range-vector | 1 if the range has no samples, nothing otherwise.
acos | v instant-vector | Arccosine.
acosh | v instant-vector | Inverse hyperbolic cosine.
asin | v instant-vector | Arcsine.
asinh | v instant-vector | Inverse hyperbolic sine.
atan | v instant-vector | Arctangent.
atanh | v instant-vector | Inverse hyperbolic tangent.
avg_over_time | v range-vector | Average of the samples in the range.
ceil | v instant-vector | Values rounded up to integers.
changes | v range-vector | How often the value changed in the range.
clamp | v instant-vector, min scalar, max scalar | Values limited to a minimum and a maximum.
clamp_max | v instant-vector, max scalar | Values limited to a maximum.
clamp_min | v instant-vector, min scalar | Values limited to a minimum.
cos | v instant-vector | Cosine.
cosh | v instant-vector | Hyperbolic cosine.
count_over_time | v range-vector | Number of samples in the range.
day_of_month | v instant-vector | Day of the month of a UTC time, 1 to 31.
day_of_week | v instant-vector | Day of the week of a UTC time, 0 is Sunday.
day_of_year | v instant-vector | Day of the year of a UTC time, 1 to 366.
days_in_month | v instant-vector | Number of days in the month of a UTC time.
deg | v instant-vector | Degrees from radians.
delta | v range-vector | Difference between the last and the first value of a gauge.
deriv | v range-vector | Change of a gauge per second, by linear regression.
exp | v instant-vector | Exponential function.
first_over_time | v range-vector | Oldest sample in the range.
floor | v instant-vector | Values rounded down to integers.
histogram_quantile | φ scalar, b instant-vector | Quantile φ (0 to 1) of a histogram.
hour | v instant-vector | Hour of the day of a UTC time, 0 to 23.
idelta | v range-vector | Difference between the last two samples of a gauge.
increase | v range-vector | How much a counter grew in the range.
irate | v range-vector | Rate of a counter per second, from its last two samples.
label_join | v instant-vector, dst string, separator string, src string, … | Joins the values of labels into a label.
label_replace | v instant-vector, dst string, replacement string, src string, regex string | Sets a label from the match of a regular expression on another label.
last_over_time | v range-vector | Latest sample in the range.
ln | v instant-vector | Natural logarithm.
log10 | v instant-vector | Decimal logarithm.
log2 | v instant-vector | Binary logarithm.
max_over_time | v range-vector | Highest value in the range.
min_over_time | v range-vector | Lowest value in the range.
minute | v instant-vector | Minute of the hour of a UTC time, 0 to 59.
month | v instant-vector | Month of a UTC time, 1 to 12.
pi | | The number π.
predict_linear | v range-vector, t scalar | Value of a gauge in t seconds, by linear regression.
present_over_time | v range-vector | 1 for every series with a sample in the range.
quantile_over_time | φ scalar, v range-vector | Quantile φ (0 to 1) of the samples in the range.
rad | v instant-vector | Radians from degrees.
rate | v range-vector | Average rate of a counter per second.
resets | v range-vector | How often a counter was reset in the range.
round | v instant-vector, to scalar | Values rounded to a multiple of a number, 1 by default.
scalar | v instant-vector | Value of the only series, or NaN if there is not exactly one.
sgn | v instant-vector | Sign: 1, 0 or -1.
sin | v instant-vector | Sine.
sinh | v instant-vector | Hyperbolic sine.
sort | v instant-vector | Series sorted by value, ascending.
sort_desc | v instant-vector | Series sorted by value, descending.
sqrt | v instant-vector | Square root.
stddev_over_time | v range-vector | Standard deviation of the samples in the range.
stdvar_over_time | v range-vector | Variance of the samples in the range.
sum_over_time | v range-vector | Sum of the samples in the range.
tan | v instant-vector | Tangent.
tanh | v instant-vector | Hyperbolic tangent.
time | | Time of the evaluation, in seconds since 1970.
timestamp | v instant-vector | Time of each sample, in seconds since 1970.
vector | s scalar | A scalar as a vector without labels.
year | v instant-vector | Year of a UTC time.
`
);

export const AGGREGATIONS: readonly Term[] = terms(
  'aggregation',
  `
avg | by (label) (v) | Average of each group.
bottomk | (k, v) | The k lowest elements.
count | by (label) (v) | Number of elements of each group.
count_values | ("label", v) | Number of elements with the same value.
group | by (label) (v) | 1 for each group.
max | by (label) (v) | Maximum of each group.
min | by (label) (v) | Minimum of each group.
quantile | (φ, v) | Quantile φ (0 to 1) of each group.
stddev | by (label) (v) | Standard deviation of each group.
stdvar | by (label) (v) | Variance of each group.
sum | by (label) (v) | Sum of each group.
topk | (k, v) | The k highest elements.
`
);

export const KEYWORDS: readonly Term[] = terms(
  'keyword',
  `
and | | Elements of the left side that have a match on the right side.
bool | | Lets a comparison return 0 or 1 instead of filtering.
by | (label, …) | Keeps only these labels when aggregating.
group_left | (label, …) | Allows many matches on the left side, and copies labels from the right side.
group_right | (label, …) | Allows many matches on the right side, and copies labels from the left side.
ignoring | (label, …) | Ignores these labels when matching two sides.
offset | duration | Reads samples from before the time of the evaluation.
on | (label, …) | Matches two sides by these labels only.
or | | Elements of the left side, and those of the right side without a match.
unless | | Elements of the left side without a match on the right side.
without | (label, …) | Removes these labels when aggregating.
`
);

export const MACROS: readonly Term[] = terms(
  'macro',
  `
$__rate_interval | | A window for rates: it follows the zoom and covers at least four scrapes.
$__interval | | The step of the panel.
$__range | | The whole time range.
$__live | | The time since the page began to watch, for live queries.
`
);

export const TERMS: readonly Term[] = [...FUNCTIONS, ...AGGREGATIONS, ...KEYWORDS, ...MACROS];
