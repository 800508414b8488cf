import '@testing-library/jest-dom';
import { type DataSourceInstanceSettings } from '@grafana/data';
import { type TemplateSrv } from '@grafana/runtime';
import { configure, screen } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { FalcoDataSource } from '../datasource';
import { type FalcoSettings } from '../settings';

// Rendering whole pages of Grafana components is slow on a busy machine.
jest.setTimeout(60_000);
configure({ asyncUtilTimeout: 20_000 });

/** Gives elements a size. In jsdom everything is 0 high, and virtualised lists render only what fits. */
export function giveElementsASize(): void {
  jest.spyOn(Element.prototype, 'getBoundingClientRect').mockReturnValue(new DOMRect(0, 0, 800, 1000));
  const canvas = { measureText: (text: string) => ({ width: 8 * text.length }) };
  jest.spyOn(HTMLCanvasElement.prototype, 'getContext').mockReturnValue(canvas as unknown as null);
  for (const [property, value] of Object.entries({
    offsetHeight: 1000,
    offsetWidth: 800,
    clientHeight: 1000,
    clientWidth: 800,
  })) {
    Object.defineProperty(HTMLElement.prototype, property, { configurable: true, value });
  }
}

/** Fails a test in which React or Grafana logs an error or a warning. */
export function expectQuietConsole(): void {
  const spies = (['error', 'warn'] as const).map((level) => jest.spyOn(console, level));
  beforeEach(() => spies.forEach((spy) => spy.mockClear()));
  afterEach(() => spies.forEach((spy) => expect(spy).not.toHaveBeenCalled()));
}

/** A data source that returns the given label values. */
export function fakeDataSource(settings: FalcoSettings = {}, values: Record<string, string[]> = {}): FalcoDataSource {
  const templateSrv = { replace: (text = '') => text } as TemplateSrv;
  const datasource = new FalcoDataSource(
    {
      id: 1,
      uid: 'falco',
      name: 'Falco Metrics',
      type: 'falco-metrics-datasource',
      jsonData: settings,
    } as DataSourceInstanceSettings<FalcoSettings>,
    templateSrv
  );
  jest.spyOn(datasource, 'labels').mockResolvedValue(Object.keys(values));
  jest.spyOn(datasource, 'labelValues').mockImplementation(async (label) => values[label] ?? []);
  jest.spyOn(datasource, 'metrics').mockResolvedValue(['up']);
  return datasource;
}

/** Opens the list of a field, types text if there is any, and selects an option. */
export async function choose(field: string | RegExp, option: string | RegExp, typed?: string): Promise<void> {
  const combobox = screen.getByRole('combobox', { name: field });
  await userEvent.click(combobox);
  if (typed !== undefined) {
    await userEvent.type(combobox, typed, { skipClick: true });
  }
  await userEvent.click(await screen.findByRole('option', { name: option }));
}
