/** Durations in Prometheus's notation, in milliseconds. */
const units: Record<string, number> = {
  ms: 1,
  s: 1000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
  w: 7 * 86_400_000,
  y: 365 * 86_400_000,
};
const duration = /^(?:\d+y)?(?:\d+w)?(?:\d+d)?(?:\d+h)?(?:\d+m)?(?:\d+s)?(?:\d+ms)?$/;

/**
 * Returns the milliseconds of `90s`, `1h30m` or `500ms`; undefined if the text is not a duration.
 */
export function parseDuration(text: string): number | undefined {
  if (text === '' || !duration.test(text)) {
    return undefined;
  }
  const parts = text.matchAll(/(\d+)(ms|[smhdwy])/g);
  return [...parts].reduce((sum, [, count = '0', unit = 'ms']) => sum + Number(count) * (units[unit] ?? 0), 0);
}

/** Prints whole seconds as `90s`, anything else as `1500ms`. */
export function printDuration(ms: number): string {
  return ms % 1000 === 0 ? `${ms / 1000}s` : `${Math.trunc(ms)}ms`;
}

interface Times {
  step: number;
  scrapeInterval: number;
  range: number;
  /** Time since a live panel was opened; undefined for other panels. */
  live?: number;
}

/**
 * Returns the shortest window for a reliable rate: it holds at least four scrapes, and the windows
 * of adjacent steps overlap by one scrape.
 */
export function rateInterval({ step, scrapeInterval }: Pick<Times, 'step' | 'scrapeInterval'>): number {
  return Math.max(step + scrapeInterval, 4 * scrapeInterval);
}

/**
 * Returns the window of a query in milliseconds; the default is {@link rateInterval}. Throws if it
 * is not a duration above 0.
 */
export function windowLength(text: string | undefined, times: Times): number {
  const length = resolveVariable(text ?? '', times) ?? parseDuration(text ?? '');
  if (length === undefined || length <= 0) {
    throw new Error(
      `the window "${text}" is no duration; expected something like 90s, 5m, $__range, $__interval or $__rate_interval`
    );
  }
  return length;
}

function resolveVariable(text: string, times: Times): number | undefined {
  switch (text) {
    case '':
    case '$__rate_interval':
    case '${__rate_interval}':
      return rateInterval(times);
    case '$__interval':
    case '${__interval}':
      return times.step;
    case '$__range':
    case '${__range}':
      return times.range;
    case '$__live':
    case '${__live}':
      return times.live ?? times.range;
    default:
      return undefined;
  }
}
