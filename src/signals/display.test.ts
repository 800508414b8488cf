import { getValueFormat, formattedValueToString } from '@grafana/data';
import { catalogue } from '.';
import { displayOf } from './display';

it.each([
  ['percentunit', undefined, { tiny: { to: 0.0000995, text: '<0.01%' }, softMax: 0.001 }],
  ['percentunit', 1, { tiny: { to: 0.000995, text: '<0.1%' }, softMax: 0.01 }],
  ['eps', undefined, { tiny: { to: 0.00995, text: '<0.01 evt/s' }, softMax: 0.1 }],
  ['cps', undefined, { tiny: { to: 0.00995, text: '<0.01 c/s' }, softMax: 0.1 }],
  ['count:alerts/h', undefined, { tiny: { to: 0.00995, text: '<0.01 alerts/h' }, softMax: 0.1 }],
  ['count:CPUs', 3, { tiny: { to: 0.000995, text: '<0.001 CPUs' }, softMax: 0.01 }],
  ['short', 0, { softMax: 1 }],
  ['s', undefined, { softMax: 0.001 }],
  ['dtdhms', undefined, { softMax: 60 }],
  ['bytes', undefined, {}],
])('%s with %s decimals', (unit, decimals, expected) => {
  expect(displayOf({ unit, decimals })).toEqual(expected);
});

it('leaves an axis with a maximum and values with names alone', () => {
  expect(displayOf({ unit: 'percentunit', max: 1 })).toEqual({ tiny: { to: 0.0000995, text: '<0.01%' } });
  expect(displayOf({ unit: 'short', values: [{ value: 0, text: 'down', level: 'critical' }], max: 1 })).toEqual({});
});

it('writes the text as Grafana writes the limit', () => {
  for (const { unit, decimals = 2, tiny } of catalogue.signals) {
    const limit = 10 ** -(unit === 'percentunit' ? decimals + 2 : decimals);
    if (tiny) {
      expect(tiny.text).toBe(`<${formattedValueToString(getValueFormat(unit)(limit, decimals))}`);
    }
  }
});

it('shows rare events per hour, CPUs as CPUs, and long times in days', () => {
  const shown = (id: string, value: number) => {
    const { unit, decimals } = catalogue.signals.find((signal) => signal.id === id)!;
    return formattedValueToString(getValueFormat(unit)(value, decimals));
  };
  expect(shown('rule-match-rate', 72)).toBe('72 alerts/h');
  expect(shown('sidekick-input-rate', 72)).toBe('72 alerts/h');
  expect(shown('total-cpu-cost', 1.5)).toBe('1.500 CPUs');
  expect(shown('uptime', 1_481_760)).toBe('17 d 03:36:00');
});
