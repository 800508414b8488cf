/** @jest-environment node */
import { type PickerOption, searchOptions } from './searchOptions';

const option = (
  value: string,
  label: string,
  group: string,
  description = '',
  keywords: string[] = []
): PickerOption => ({
  value,
  label,
  description,
  group,
  keywords,
});

const options = [
  option('a', 'Server load', 'Quality', 'Events that the node makes', ['falcosecurity_scap_n_evts_total']),
  option('b', 'Kernel events', 'Quality'),
  option('c', 'Events lost', 'Delivery'),
  option('events-d', 'Delay', 'Delivery', 'How late alerts are'),
];
const ids = (text: string) => searchOptions(options, text).map(({ value }) => value);

test('titles come before ids and metrics, and those before descriptions; groups stay together', () => {
  expect(ids('events')).toEqual(['b', 'a', 'c', 'events-d']);
  expect(ids('')).toEqual(['a', 'b', 'c', 'events-d']);
  expect(ids('delivery late')).toEqual(['events-d']);
  expect(ids('unknown')).toEqual([]);
});

test.each(['falcosecurity_scap_n_evts_total', 'scap.n_evts', 'n_evts server', 'SCAP.N_EVTS'])(
  'a metric is found as %s',
  (text) => expect(ids(text)).toEqual(['a'])
);
