/** @jest-environment node */
import { BYTES_PER_SAMPLE, estimateMemory, SERIES_PER_NODE_EXPORTER, SERIES_PER_TARGET } from './estimate';

test('targets × series × samples × bytes', () => {
  const targets = [{ url: 'a:1' }, { url: 'b:1' }, { url: 'c:1' }];
  const samples = (24 * 3600) / 15;
  expect(estimateMemory({ targets })).toEqual({
    targets: 3,
    uncounted: 0,
    megabytes: (3 * SERIES_PER_TARGET * samples * BYTES_PER_SAMPLE) / 1024 / 1024,
    limit: 512,
    hours: 24,
  });
});

test('a target with discovery counts as its expected instances, or as one', () => {
  const targets = [
    { url: 'a:1', discovery: 'dns' as const, expectedInstances: 40 },
    { url: 'b:1', discovery: 'http' as const },
    { url: 'c:1', discovery: 'static' as const },
  ];
  expect(estimateMemory({ targets })).toMatchObject({ targets: 42, uncounted: 1 });
});

test('a discovered node_exporter is expected on the node of every Falco', () => {
  const exporter = { url: 'b:9100', kind: 'node-exporter' as const, discovery: 'dns' as const };
  const estimate = estimateMemory({ targets: [{ url: 'a:1', expectedInstances: 10 }, exporter] });
  const series = 10 * (SERIES_PER_TARGET + SERIES_PER_NODE_EXPORTER);
  expect(estimate).toMatchObject({ targets: 10, uncounted: 0 });
  expect(estimate!.megabytes).toBeCloseTo((series * ((24 * 3600) / 15) * BYTES_PER_SAMPLE) / 1024 / 1024);
});

test('the hours are bounded by the retention size', () => {
  const estimate = estimateMemory({
    targets: [{ url: 'a:1', expectedInstances: 100 }],
    retention: { time: '10h', size: '10MB' },
  });
  expect(estimate).toMatchObject({ limit: 10 });
  expect(estimate!.megabytes).toBeGreaterThan(10);
  expect(estimate!.hours).toBeCloseTo((10 * 10) / estimate!.megabytes);
});

test('there is no estimate for invalid settings', () => {
  expect(estimateMemory({ scrapeInterval: 'often' })).toBeUndefined();
  expect(estimateMemory({ retention: { time: 'long' } })).toBeUndefined();
  expect(estimateMemory({ retention: { size: '10' } })).toBeUndefined();
});
