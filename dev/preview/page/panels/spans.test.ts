import { spans } from './spans';

test('equal neighbours are one span, the last one lasts until the end', () => {
  expect(spans([0, 10, 20, 30], [1, 1, 0, 0], 40, true)).toEqual([
    { from: 0, to: 20, value: 1 },
    { from: 20, to: 40, value: 0 },
  ]);
});

test('null ends a span, undefined is no sample', () => {
  expect(spans([0, 10, 20, 30], [1, undefined, null, 1], 40, true)).toEqual([
    { from: 0, to: 20, value: 1 },
    { from: 30, to: 40, value: 1 },
  ]);
});

test('without merging each sample is a span', () => {
  expect(spans([0, 10], [1, 1], 20, false)).toEqual([
    { from: 0, to: 10, value: 1 },
    { from: 10, to: 20, value: 1 },
  ]);
});
