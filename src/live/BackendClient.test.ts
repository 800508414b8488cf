import { BackendError, BackendClient } from './BackendClient';

function backend(answer: (path: string, params?: Record<string, string>) => unknown) {
  const get = jest.fn(async (path: string, params?: Record<string, string>) => ({ data: answer(path, params) }));
  return { backend: new BackendClient(get), get };
}

test('requests samples of many metrics in parts and joins the responses', async () => {
  const { backend: asked, get } = backend((_, { metrics = '' } = {}) => ({
    now: 5,
    targets: [
      [{ labels: { __name__: metrics.split(',')[0] }, times: [1, 2, 3, 4], values: [1.5, 'stale', '+Inf', 'NaN'] }],
      [],
    ],
  }));
  const metrics = Array.from({ length: 61 }, (_, i) => `m${i}`);
  const { now, targets } = await asked.samples(['a', 'b'], metrics, 1.5, 2.5);
  expect(get.mock.calls.map(([path, params]) => [path, params?.['ids'], params?.['from'], params?.['to']])).toEqual([
    ['live/samples', 'a,b', '1', '3'],
    ['live/samples', 'a,b', '1', '3'],
  ]);
  const values = { times: [1, 2, 3, 4], values: [1.5, NaN, Infinity, NaN], stale: [0, 1, 0, 0] };
  expect({ now, targets }).toEqual({
    now: 5,
    targets: [
      [
        { labels: { __name__: 'm0' }, ...values },
        { labels: { __name__: 'm60' }, ...values },
      ],
      [],
    ],
  });
});

test.each([
  [{ status: 403, data: { error: 'live is off' } }, 403, 'live is off'],
  [{ status: 502, statusText: 'Bad Gateway', data: '<html>' }, 502, 'Bad Gateway'],
  [new TypeError('Failed to fetch'), 0, 'Failed to fetch'],
  [{}, 0, 'no response'],
])('rejects when a request fails: %j', async (thrown, status, message) => {
  const failing = new BackendClient(() => Promise.reject(thrown));
  await expect(failing.live(['a'])).rejects.toEqual(new BackendError(status, message));
  await expect(failing.live(['a'])).rejects.toMatchObject({ status });
});
