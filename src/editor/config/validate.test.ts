/** @jest-environment node */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { LABEL_NAME } from '../../contract';
import {
  durationProblem,
  intervalProblem,
  memoryProblem,
  parseLabels,
  printLabels,
  retentionProblem,
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
  ])('%s is valid', (url) => {
    expect(urlProblem({ url })).toBeUndefined();
  });

  test('an SRV name needs no port', () => {
    expect(urlProblem({ url: '_metrics._tcp.falco.svc', discovery: 'srv' })).toBeUndefined();
  });

  const readable = 'Everyone who can query this data source can read this Address';
  test.each([
    ['', 'Enter an Address, for example falco.example:8765.'],
    ['falco.example', '“falco.example” has no port. Expected host:port, for example falco.example:8765, or a URL.'],
    [
      'falco.example/metrics',
      '“falco.example/metrics” has no port. Expected host:port, for example falco.example:8765, or a URL.',
    ],
    ['ftp://falco.example', 'Address must start with http:// or https://, found ftp://.'],
    ['http://', '“http://” is not a valid Address. Expected host:port or http://host:port/metrics.'],
    [
      'falco.example:99999',
      '“falco.example:99999” is not a valid Address. Expected host:port or http://host:port/metrics.',
    ],
    [
      'http://me:word@falco.example:8765',
      `${readable}. Remove the username and password and use basic authentication below.`,
    ],
    [
      'falco.example:8765/metrics?access_token=x',
      `${readable}, and “access_token” looks like a secret. Remove it and send it as an HTTP header below.`,
    ],
    [
      'http://falco.example/?SIG=x',
      `${readable}, and “SIG” looks like a secret. Remove it and send it as an HTTP header below.`,
    ],
  ])('%s: %s', (url, problem) => {
    expect(urlProblem({ url })).toBe(problem);
  });
});

test.each([
  ['15s', undefined],
  ['1m30s', undefined],
  ['15', '“15” is not a duration. Scrape interval must be, for example, 15s or 1m.'],
  [
    '500ms',
    'Scrape interval must be between 1s and 2m30s, because PromQL looks back five minutes and needs two scrapes in them.',
  ],
  [
    '5m',
    'Scrape interval must be between 1s and 2m30s, because PromQL looks back five minutes and needs two scrapes in them.',
  ],
])('scrape interval %s: %s', (text, problem) => {
  expect(intervalProblem(text)).toBe(problem);
});

test.each([
  ['10s', '15s', undefined],
  ['15s', '15s', undefined],
  ['20s', '15s', 'Scrape timeout must not be longer than Scrape interval. 15s is used instead.'],
  ['soon', '15s', '“soon” is not a duration. Scrape timeout must be, for example, 10s.'],
  ['0s', '15s', '“0s” is not a duration. Scrape timeout must be, for example, 10s.'],
  ['10s', 'often', undefined],
])('scrape timeout %s at an interval of %s: %s', (text, interval, problem) => {
  expect(timeoutProblem(text, interval)).toBe(problem);
});

test.each([
  ['30s', undefined],
  ['0s', '“0s” is not a duration above 0. Expected, for example, 30s.'],
  ['x', '“x” is not a duration above 0. Expected, for example, 30s.'],
])('duration %s: %s', (text, problem) => {
  expect(durationProblem(text)).toBe(problem);
});

test.each([
  ['24h', undefined],
  ['10y', undefined],
  ['30s', 'Retention time must be between 1m and 10y.'],
  ['10000000h', 'Retention time must be between 1m and 10y.'],
  ['1e7h', '“1e7h” is not a duration above 0. Expected, for example, 30s.'],
])('retention time %s', (text, problem) => {
  expect(retentionProblem(text)).toBe(problem);
});

test.each([
  ['512Mi', undefined],
  ['1.5G', undefined],
  ['1Ei', undefined],
  ['0Mi', '“0Mi” is not an amount of memory. Expected, for example, 512Mi or 1Gi.'],
  ['1 GB', '“1 GB” is not an amount of memory. Expected, for example, 512Mi or 1Gi.'],
])('memory limit %s: %s', (text, problem) => {
  expect(memoryProblem(text)).toBe(problem);
});

describe('labels', () => {
  test('are parsed and printed', () => {
    const labels = { cluster: 'prod', zone: 'eu=west 1' };
    expect(parseLabels(' cluster = prod , zone=eu=west 1,')).toEqual({ labels });
    expect(printLabels(labels)).toBe('cluster=prod, zone=eu=west 1');
    expect(parseLabels('')).toEqual({ labels: {} });
    expect(printLabels()).toBe('');
  });

  const names: Record<string, boolean> = JSON.parse(
    readFileSync(join(__dirname, '../../../tests/corpora/labels.json'), 'utf8')
  );
  test.each(Object.entries(names))('the name “%s”: %s, as in the backend', (name, valid) => {
    expect(new RegExp(LABEL_NAME).test(name)).toBe(valid);
  });

  test.each([
    ['prod', '“prod” is not a label. Expected name=value, for example cluster=prod.'],
    ['cluster=', '“cluster=” is not a label. Expected name=value, for example cluster=prod.'],
    [
      '1a=b',
      '“1a” is not a valid label name. Expected letters, digits and underscores, not starting with a digit or two underscores.',
    ],
    [
      '__a=b',
      '“__a” is not a valid label name. Expected letters, digits and underscores, not starting with a digit or two underscores.',
    ],
    ['kind=x', 'The label “kind” is reserved for the plugin. Choose another name.'],
    ['a=1, a=2', 'The label “a” is defined twice. Remove one.'],
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
