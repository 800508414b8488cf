/** Sets up panels with live queries over a fake backend and fake timers, for tests. */
import { type DataFrame, type DataQueryResponse } from '@grafana/data';
import { of, type Subscription } from 'rxjs';
import { type CompleteQuery, migrateQuery, withDefaults } from '../query';
import { LiveExecutor } from './LiveExecutor';
import { type Get } from './BackendClient';
import { FakeBackend, type FakeTarget } from './testing';

/** Start of each test by the page's clock, and how far the backend's clock is ahead, in milliseconds. */
export const begin = Date.UTC(2027, 0, 1);
export const skew = 3_600_000;
export const request = { range: 300_000, interval: 15_000, maxDataPoints: 1000 };

export function setClock(now = begin): void {
  jest.useFakeTimers({ now });
  setHidden(false);
}

export function setHidden(hidden: boolean): void {
  Object.defineProperty(document, 'visibilityState', {
    configurable: true,
    get: () => (hidden ? 'hidden' : 'visible'),
  });
  document.dispatchEvent(new Event('visibilitychange'));
}

export const pass = (seconds: number) => jest.advanceTimersByTimeAsync(seconds * 1000);

/**
 * A fake backend and an executor. `watch` subscribes to a query and collects its responses. `between` may delay or change
 * requests to the backend.
 */
export function setUpLive(targets: FakeTarget[], between: (get: Get) => Get = (get) => get) {
  const backend = new FakeBackend(targets, skew);
  const executor = new LiveExecutor({ targets: [{ url: 'falco:8765' }] }, between(backend.get));
  const fallBack = jest.fn((query: CompleteQuery, why: string | undefined) =>
    of<DataQueryResponse>({ data: [`history of ${query.refId}: ${why}`] })
  );
  const watch = (query: Partial<CompleteQuery>, of = request) => {
    const answers: DataQueryResponse[] = [];
    const complete = withDefaults(migrateQuery({ refId: 'A', ...query }));
    const subscription: Subscription = executor
      .execute(complete, of, fallBack)
      .subscribe((answer) => answers.push(answer));
    return { answers, last: () => answers.at(-1)!, end: () => subscription.unsubscribe() };
  };
  return { backend, fallBack, watch };
}

export const figures = ({ data }: DataQueryResponse) => (data as DataFrame[]).filter(({ meta }) => !meta?.dataTopic);

export const notices = (answer: DataQueryResponse) => figures(answer)[0]?.meta?.notices?.map(({ text }) => text) ?? [];

/** Points of the first series. Times are seconds since the start of the test. */
export function points(answer: DataQueryResponse): Array<[number, number]> {
  const [time, value] = figures(answer)[0]?.fields ?? [];
  return (time?.values ?? []).map((at: number, i: number) => [(at - begin - skew) / 1000, value!.values[i]]);
}
