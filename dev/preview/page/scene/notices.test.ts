import { createDataFrame, getDefaultTimeRange, LoadingState, type QueryResultMetaNotice } from '@grafana/data';
import { gravest, noticesOf } from './notices';

function data(...frames: QueryResultMetaNotice[][]) {
  return {
    state: LoadingState.Done,
    timeRange: getDefaultTimeRange(),
    series: frames.map((notices) => createDataFrame({ fields: [], meta: { notices } })),
  };
}

test('notices of all frames, each text once', () => {
  const found = noticesOf(
    data(
      [{ severity: 'info', text: 'History since 18:31.' }],
      [
        { severity: 'warning', text: 'Starting' },
        { severity: 'info', text: 'History since 18:31.' },
      ]
    )
  );
  expect(found.map(({ text }) => text)).toEqual(['History since 18:31.', 'Starting']);
  expect(gravest(found)).toBe('warning');
});

test('nothing without data or without notices', () => {
  expect(noticesOf(undefined)).toEqual([]);
  expect(noticesOf(data([]))).toEqual([]);
});
