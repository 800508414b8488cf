import { of } from 'rxjs';
import { catalogue } from '../signals';
import { Feed, type Watcher } from './feed';
import { Routes } from './routes';
import { Runs } from './runs';
import { pass, setClock } from './stage';
import { FakeBackend, falco } from './testing';

beforeEach(() => setClock());
afterEach(() => jest.useRealTimers());

/** A feed of a backend, and who watches all of it. */
function watched(backend: FakeBackend) {
  const limits = { samplesPerScrape: 20_000, labelLength: 1000 };
  const feed = new Feed(new Routes(backend.get), {
    interval: 1000,
    rules: catalogue.reading,
    limits,
    visible: of(true),
  });
  const watcher: Watcher = {
    wantsTarget: () => true,
    wantsMetric: () => true,
    reach: () => 60_000,
    runs: new Runs(5000),
  };
  return { feed, watcher, subscription: feed.watch(watcher).subscribe() };
}

test('what is known of addresses that are gone is forgotten', async () => {
  const backend = new FakeBackend([falco('a')]);
  const { feed, watcher } = watched(backend);
  for (let address = 0; address < 10; address++) {
    backend.targets = [{ ...falco('a'), id: `address-${address}` }];
    await pass(12);
  }
  expect([feed['readers'].size, watcher.runs['runs'].size]).toEqual([1, 1]);
});

test('texts of answers are not kept', async () => {
  const { feed } = watched(new FakeBackend([falco('a')]));
  await pass(2);
  expect([...feed['live'].values()].map((one) => [one.state, 'text' in one])).toEqual([['up', false]]);
});

test('what somebody needs is kept for half a minute after they have gone', async () => {
  const { feed, watcher, subscription } = watched(new FakeBackend([falco('a')]));
  const other = { ...watcher, wantsMetric: (metric: string) => metric === 'up', runs: new Runs(5000) };
  feed.watch(other).subscribe();
  await pass(5);
  subscription.unsubscribe();
  const series = () => feed.buffer.size().series;
  const all = series();
  await pass(29);
  expect([series(), watcher.runs.last('id-a')]).toEqual([all, other.runs.last('id-a')]);
  await pass(60);
  expect(series()).toBeLessThan(all);
  expect(watcher.runs.last('id-a')).toBe(-Infinity);
});
