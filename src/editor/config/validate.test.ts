/** @jest-environment node */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  durationProblem,
  intervalProblem,
  memoryProblem,
  parseLabels,
  printLabels,
  SECRET_WORDS,
  timeoutProblem,
  urlProblem,
  withoutSecrets,
} from './validate';

describe('addresses', () => {
  test.each([
    ['falco.example:8765'],
    ['10.0.0.1:8765'],
    ['[::1]:8765'],
    ['falco.example:8765/metrics'],
    ['http://falco.example'],
    ['https://falco.example:443/metrics?format=text'],
    [' falco.example:8765 '],
  ])('%s is fine', (url) => {
    expect(urlProblem({ url })).toBeUndefined();
  });

  test('a service record needs no port', () => {
    expect(urlProblem({ url: '_metrics._tcp.falco.svc', discovery: 'srv' })).toBeUndefined();
  });

  const readable = 'Everyone who may use this data source can read its addresses';
  test.each([
    ['', 'Enter an address, for example falco.example:8765.'],
    ['falco.example', '“falco.example” has no port. Expected host:port, for example falco.example:8765, or a URL.'],
    [
      'falco.example/metrics',
      '“falco.example/metrics” has no port. Expected host:port, for example falco.example:8765, or a URL.',
    ],
    ['ftp://falco.example', 'Expected http:// or https://, found ftp://.'],
    ['http://', '“http://” is no address. Expected host:port or http://host:port/metrics.'],
    ['falco.example:99999', '“falco.example:99999” is no address. Expected host:port or http://host:port/metrics.'],
    [
      'http://me:word@falco.example:8765',
      `${readable}. Take the user name and password out and use basic authentication below.`,
    ],
    [
      'falco.example:8765/metrics?access_token=x',
      `${readable}, and “access_token” looks like a secret. Take it out and send it as an HTTP header below.`,
    ],
    [
      'http://falco.example/?SIG=x',
      `${readable}, and “SIG” looks like a secret. Take it out and send it as an HTTP header below.`,
    ],
  ])('%s: %s', (url, problem) => {
    expect(urlProblem({ url })).toBe(problem);
  });

  test('secrets are known by the same words as in the backend', () => {
    const source = readFileSync(join(__dirname, '../../../pkg/httpclient/secret.go'), 'utf8');
    const [, words = ''] = /secretWords = \[\]string\{(.*)\}/.exec(source) ?? [];
    expect(JSON.parse(`[${words}]`)).toEqual(SECRET_WORDS);
  });
});

test.each([
  ['15s', undefined],
  ['1m30s', undefined],
  ['15', '“15” is no duration. Expected something like 15s or 1m.'],
  [
    '500ms',
    'Expected between 1s and 2m30s, found 500ms: PromQL looks back five minutes, and two scrapes have to lie within.',
  ],
  [
    '5m',
    'Expected between 1s and 2m30s, found 5m: PromQL looks back five minutes, and two scrapes have to lie within.',
  ],
])('scrape interval %s: %s', (text, problem) => {
  expect(intervalProblem(text)).toBe(problem);
});

test.each([
  ['10s', '15s', undefined],
  ['15s', '15s', undefined],
  ['20s', '15s', '20s is longer than the scrape interval, so 15s will hold. Expected 15s or less.'],
  ['soon', '15s', '“soon” is no duration. Expected something like 10s.'],
  ['0s', '15s', '“0s” is no duration. Expected something like 10s.'],
  ['10s', 'often', undefined],
])('time-out %s at an interval of %s: %s', (text, interval, problem) => {
  expect(timeoutProblem(text, interval)).toBe(problem);
});

test.each([
  ['30s', undefined],
  ['0s', '“0s” is no duration above 0. Expected something like 30s.'],
  ['x', '“x” is no duration above 0. Expected something like 30s.'],
])('time of a query %s: %s', (text, problem) => {
  expect(durationProblem(text)).toBe(problem);
});

test.each([
  ['512Mi', undefined],
  ['1.5G', undefined],
  ['1Ei', undefined],
  ['0Mi', '“0Mi” is no amount of memory. Expected something like 512Mi or 1Gi.'],
  ['1 GB', '“1 GB” is no amount of memory. Expected something like 512Mi or 1Gi.'],
])('memory limit %s: %s', (text, problem) => {
  expect(memoryProblem(text)).toBe(problem);
});

describe('labels', () => {
  test('are read and written', () => {
    const labels = { cluster: 'prod', zone: 'eu=west 1' };
    expect(parseLabels(' cluster = prod , zone=eu=west 1,')).toEqual({ labels });
    expect(printLabels(labels)).toBe('cluster=prod, zone=eu=west 1');
    expect(parseLabels('')).toEqual({ labels: {} });
    expect(printLabels()).toBe('');
  });

  test.each([
    ['prod', '“prod” is no label. Expected name=value, for example cluster=prod.'],
    ['cluster=', '“cluster=” is no label. Expected name=value, for example cluster=prod.'],
    ['1a=b', '“1a” is no label name. Expected letters, digits and single underscores, not starting with a digit.'],
    ['__a=b', '“__a” is no label name. Expected letters, digits and single underscores, not starting with a digit.'],
    ['kind=x', 'The label “kind” is written by the plugin itself. Choose another name.'],
    ['a=1, a=2', 'The label “a” stands there twice. Take one away.'],
  ])('%s: %s', (text, problem) => {
    expect(parseLabels(text).problem).toBe(problem);
  });
});

describe('withoutSecrets', () => {
  it.each([
    ['http://user:pw@falco:8765/metrics', 'http://falco:8765/metrics'],
    ['user:pw@falco:8765', 'falco:8765'],
    ['http://falco:8765/metrics?token=abc', 'http://falco:8765/metrics'],
    ['http://falco:8765/metrics?a=1&api_key=abc&b=2', 'http://falco:8765/metrics?a=1&b=2'],
    ['http://falco:8765/metrics?a=1', 'http://falco:8765/metrics?a=1'],
    ['falco:8765', 'falco:8765'],
    ['http://falco:8765/a@b', 'http://falco:8765/a@b'],
  ])('%s → %s', (typed, kept) => {
    expect(withoutSecrets(typed)).toBe(kept);
  });
});
