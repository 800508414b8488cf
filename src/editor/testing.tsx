import '@testing-library/jest-dom';
import { type DataSourceInstanceSettings } from '@grafana/data';
import { type TemplateSrv } from '@grafana/runtime';
import { screen } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { FalcoDataSource } from '../datasource';
import { type FalcoSettings } from '../settings';

// Whole pages of Grafana's components take their time on a busy machine.
jest.setTimeout(60_000);

/** For tests only. Lists are drawn as far as they fit, and jsdom says that everything is 0 high. */
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

/** Lets a test fail that made React or Grafana complain on the console. */
export function expectQuietConsole(): void {
  const complaints = (['error', 'warn'] as const).map((level) => jest.spyOn(console, level));
  beforeEach(() => complaints.forEach((spy) => spy.mockClear()));
  afterEach(() => complaints.forEach((spy) => expect(spy).not.toHaveBeenCalled()));
}

/** A data source whose look-ups answer from the given lists. */
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

/** Opens the list of a field, types into it where there is something to type, and chooses an option. */
export async function choose(field: string | RegExp, option: string | RegExp, typed?: string): Promise<void> {
  const combobox = screen.getByRole('combobox', { name: field });
  await userEvent.click(combobox);
  if (typed !== undefined) {
    await userEvent.type(combobox, typed, { skipClick: true });
  }
  await userEvent.click(await screen.findByRole('option', { name: option }));
}
