import { of } from 'rxjs';
import { catalogue } from '../signals';
import { ScrapePoller, type Subscriber } from './ScrapePoller';
import { BackendClient } from './BackendClient';
import { ScrapeCoverage } from './ScrapeCoverage';
import { pass, setClock } from './testSetup';
import { FakeBackend, falco } from './testing';

beforeEach(() => setClock());
afterEach(() => jest.useRealTimers());

/** A poller with a subscriber that needs everything. */
function subscribed(backend: FakeBackend) {
  const limits = { sampleLimit: 20_000, labelValueLengthLimit: 1000 };
  const poller = new ScrapePoller(new BackendClient(backend.get), {
    intervalMs: 1000,
    rules: catalogue.reading,
    limits,
    visible: of(true),
  });
  const subscriber: Subscriber = {
    needsTarget: () => true,
    needsMetric: () => true,
    lookback: () => 60_000,
    coverage: new ScrapeCoverage(5000),
  };
  return { poller, subscriber, subscription: poller.subscribe(subscriber).subscribe() };
}

test('forgets targets that are no longer listed', async () => {
  const backend = new FakeBackend([falco('a')]);
  const { poller, subscriber } = subscribed(backend);
  for (let address = 0; address < 10; address++) {
    backend.targets = [{ ...falco('a'), id: `address-${address}` }];
    await pass(12);
  }
  expect([poller['readers'].size, subscriber.coverage['runs'].size]).toEqual([1, 1]);
});

test('does not keep response bodies', async () => {
  const { poller } = subscribed(new FakeBackend([falco('a')]));
  await pass(2);
  expect([...poller['statuses'].values()].map((one) => [one.state, 'text' in one])).toEqual([['up', false]]);
});

test('keeps data for half a minute after its last subscriber has left', async () => {
  const { poller, subscriber, subscription } = subscribed(new FakeBackend([falco('a')]));
  const other = { ...subscriber, needsMetric: (metric: string) => metric === 'up', coverage: new ScrapeCoverage(5000) };
  poller.subscribe(other).subscribe();
  await pass(5);
  subscription.unsubscribe();
  const series = () => poller.buffer.size().series;
  const all = series();
  await pass(29);
  expect([series(), subscriber.coverage.last('id-a')]).toEqual([all, other.coverage.last('id-a')]);
  await pass(60);
  expect(series()).toBeLessThan(all);
  expect(subscriber.coverage.last('id-a')).toBe(-Infinity);
});
