import { createDataFrame, getDefaultTimeRange, LoadingState, type QueryResultMetaNotice } from '@grafana/data';
import { gravest, collectNotices } from './notices';

function data(...frames: QueryResultMetaNotice[][]) {
  return {
    state: LoadingState.Done,
    timeRange: getDefaultTimeRange(),
    series: frames.map((notices) => createDataFrame({ fields: [], meta: { notices } })),
  };
}

test('collects the notices of all frames without duplicates', () => {
  const found = collectNotices(
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

test('returns nothing without data or notices', () => {
  expect(collectNotices(undefined)).toEqual([]);
  expect(collectNotices(data([]))).toEqual([]);
});
