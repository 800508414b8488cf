import { type QueryEditorProps } from '@grafana/data';
import { render, screen } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { type ComponentProps, useState } from 'react';
import { type FalcoVariableQuery } from '../../query';
import { choose, expectQuietConsole, fakeDataSource, giveElementsASize } from '../testing';
import { VariableEditor } from './VariableEditor';

expectQuietConsole();
beforeEach(giveElementsASize);

/** Shows the editor as Grafana would: what it reports comes back as its query. */
function show(query: Partial<FalcoVariableQuery> | string, datasource = fakeDataSource()) {
  let current = query as FalcoVariableQuery;
  function Page() {
    const [state, setState] = useState(current);
    current = state;
    const props = { datasource, query: state, onChange: setState, onRunQuery: () => {} };
    return (
      <VariableEditor
        {...(props as unknown as ComponentProps<typeof VariableEditor> & QueryEditorProps<never, never>)}
      />
    );
  }
  render(<Page />);
  return { query: () => current };
}

test('a new variable: a label is chosen from those at hand', async () => {
  const { query } = show('', fakeDataSource({}, { cluster: ['prod'], node: ['worker-1'] }));
  await choose('Values of the label', 'cluster');
  expect(query()).toEqual({ refId: 'variable', queryType: 'label', label: 'cluster', filters: [] });
});

test('its values can be narrowed by another variable', async () => {
  const { query } = show(
    { refId: 'node', queryType: 'label', label: 'node' },
    fakeDataSource({}, { cluster: ['prod'] })
  );
  await userEvent.click(screen.getByRole('button', { name: 'Add filter' }));
  await choose('Label of filter 1', 'cluster');
  await choose('Value of filter 1', /^\$cluster/, '$cluster');
  expect(query()).toEqual({
    refId: 'node',
    queryType: 'label',
    label: 'node',
    filters: [{ key: 'cluster', operator: '=', value: '$cluster' }],
  });
});

test('when the backend does not answer, the labels of the settings are offered', async () => {
  const datasource = fakeDataSource({ targets: [{ url: 'a:1', labels: { zone: 'a' } }] });
  jest.mocked(datasource.labels).mockRejectedValue(new Error('no backend'));
  const { query } = show({}, datasource);
  await choose('Values of the label', 'zone');
  expect(query().label).toBe('zone');
});
