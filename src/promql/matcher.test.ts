import { matcher, maxRememberedValues } from './matcher';

test('a regular expression remembers a bounded number of values', () => {
  const set = jest.spyOn(Map.prototype, 'set');
  const { matches } = matcher('pod', '=~', 'pod-.*5');
  for (let pod = 0; pod < 10 * maxRememberedValues; pod++) {
    expect(matches(`pod-${pod}`)).toBe(pod % 10 === 5);
  }
  const remembered = set.mock.calls.findIndex(([key]) => key === 'pod-0');
  const { size } = set.mock.contexts[remembered] as Map<string, boolean>;
  set.mockRestore();
  expect(size).toBeLessThanOrEqual(maxRememberedValues);
});
