import { type DataSourceInstanceSettings } from '@grafana/data';
import { render, screen } from '@testing-library/react';
import { FalcoDataSource } from './datasource';
import { FalcoVariableSupport } from './editor';
import { fakeDataSource, giveElementsASize } from './editor/testing';
import { plugin } from './module';
import { type FalcoSettings } from './settings';

beforeEach(giveElementsASize);

test('Grafana finds the data source with its annotation and variable editors', () => {
  const datasource = new plugin.DataSourceClass({ jsonData: {} } as DataSourceInstanceSettings<FalcoSettings>);
  expect(datasource).toBeInstanceOf(FalcoDataSource);
  expect(datasource.annotations?.QueryEditor).toBeDefined();
  expect(datasource.variables).toBeInstanceOf(FalcoVariableSupport);
});

test('an editor is loaded when it is rendered', async () => {
  const { ConfigEditor, QueryEditor } = plugin.components;
  expect(ConfigEditor).toBeDefined();
  if (!QueryEditor) {
    throw new Error('the plugin has no query editor');
  }
  render(
    <QueryEditor
      datasource={fakeDataSource()}
      query={{ refId: 'A', queryType: 'signal', signals: ['up'] }}
      onChange={() => {}}
      onRunQuery={() => {}}
    />
  );
  expect(screen.getByText('Loading editor...')).toBeInTheDocument();
  expect(await screen.findByRole('combobox', { name: 'Signals' }, { timeout: 30_000 })).toBeInTheDocument();
});
