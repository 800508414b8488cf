import { render, screen } from '@testing-library/react';
import { FalcoDataSource } from './datasource';
import { fakeDataSource, giveElementsASize } from './editor/testing';
import { plugin } from './module';

beforeEach(giveElementsASize);

test('the plugin brings its data source and loads an editor when it is shown', async () => {
  const { ConfigEditor, QueryEditor } = plugin.components;
  expect(plugin.DataSourceClass).toBe(FalcoDataSource);
  expect(ConfigEditor).toBeDefined();
  if (!QueryEditor) {
    throw new Error('the plugin has no query editor');
  }
  render(
    <QueryEditor
      datasource={fakeDataSource()}
      query={{ refId: 'A', kind: 'signal', signals: ['up'] }}
      onChange={() => {}}
      onRunQuery={() => {}}
    />
  );
  expect(screen.getByText('Loading the editor')).toBeInTheDocument();
  expect(await screen.findByRole('combobox', { name: 'Signals' }, { timeout: 30_000 })).toBeInTheDocument();
});
