import { backendStep, expandMacros } from './macros';

const macros = { step: 30_000, scrapeInterval: 15_000, range: 3_600_000, live: 7001 };

/** The cases of the backend's test of macros. */
test.each([
  ['rate(x[$__rate_interval])', 'rate(x[60s])'],
  ['x[${__rate_interval}]', 'x[60s]'],
  ['x[$__interval] $__interval_ms', 'x[30s] 30000'],
  ['x[$__range] x[${__range}]', 'x[3600s] x[3600s]'],
  ['$__range_s $__range_ms', '3600 3600000'],
  ['x[$__live] x[${__live}]', 'x[7001ms] x[7001ms]'],
  ['$__unknown ${__other} $x', '$__unknown ${__other} $x'],
])('%s', (text, expected) => {
  expect(expandMacros(text, macros)).toBe(expected);
});

test('the window of rates can be set', () => {
  expect(expandMacros('x[$__rate_interval]', { ...macros, window: 10_000 })).toBe('x[10s]');
});

test.each([
  ['no shorter than a scrape', { range: 60_000, interval: 1000, maxDataPoints: 1000 }, 15_000],
  ['as Grafana asks', { range: 3_600_000, interval: 30_000, maxDataPoints: 1000 }, 30_000],
  ['no more points than asked for', { range: 3_600_000, interval: 1000, maxDataPoints: 100 }, 36_000],
  ['whole seconds', { range: 3_600_000, interval: 1000, maxDataPoints: 101 }, 36_000],
])('the step follows the backend: %s', (_, request, expected) => {
  expect(backendStep(request, 15_000)).toBe(expected);
});
