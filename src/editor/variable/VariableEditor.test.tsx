import { type QueryEditorProps } from '@grafana/data';
import { render, screen } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { type ComponentProps, useState } from 'react';
import { type FalcoVariableQuery } from '../../query';
import { choose, expectQuietConsole, fakeDataSource, giveElementsASize } from '../testing';
import { VariableEditor } from './VariableEditor';

// Monaco needs a browser.
jest.mock('@grafana/ui', () => ({
  ...jest.requireActual('@grafana/ui'),
  CodeEditor: ({ onBlur }: { onBlur: (text: string) => void }) => (
    <textarea aria-label="PromQL expression" onBlur={(event) => onBlur(event.target.value)} />
  ),
}));

expectQuietConsole();
beforeEach(giveElementsASize);

/** Renders the editor like Grafana: a reported query comes back as a prop. */
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

test('a label is selected from the available ones', async () => {
  const { query } = show('', fakeDataSource({}, { cluster: ['prod'], node: ['worker-1'] }));
  await choose('Label', 'cluster');
  expect(query()).toEqual({ refId: 'variable', queryType: 'label', label: 'cluster', filters: [] });
});

test('values can be filtered by another variable', async () => {
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

test('nodes can be listed by their verdicts, and no other label', async () => {
  const { query } = show({ refId: 'x', queryType: 'label', label: 'node' }, fakeDataSource({}, { cluster: ['prod'] }));
  const nodes = { refId: 'x', queryType: 'label', label: 'node', filters: [] };
  await userEvent.click(screen.getByRole('switch', { name: 'Worst first' }));
  expect(query()).toEqual({ ...nodes, worstFirst: true });
  await userEvent.click(screen.getByRole('switch', { name: 'Worst first' }));
  expect(query()).toEqual(nodes);
  await userEvent.click(screen.getByRole('switch', { name: 'Worst first' }));
  await choose('Label', 'cluster');
  expect(query()).toEqual({ ...nodes, label: 'cluster' });
  expect(screen.queryByRole('switch')).not.toBeInTheDocument();
});

test.each([
  ['Label names', 'labels'],
  [/^Signals/, 'signals'],
  ['Metrics', 'metrics'],
])('%s need nothing else', async (name, queryType) => {
  const { query } = show({ refId: 'x', queryType: 'label', label: 'node' });
  await choose('Query type', name);
  expect(query()).toEqual({ refId: 'x', queryType });
  expect(screen.queryByRole('combobox', { name: 'Label' })).not.toBeInTheDocument();
});

test('the result of an expression', async () => {
  const { query } = show('');
  await choose('Query type', /^Query result/);
  await userEvent.type(await screen.findByLabelText('PromQL expression'), 'up == 0');
  await userEvent.tab();
  expect(query()).toEqual({ refId: 'variable', queryType: 'promql', expr: 'up == 0' });
});

test('when labels cannot be loaded, those of the settings are offered and the failure is shown', async () => {
  const datasource = fakeDataSource({ targets: [{ url: 'a:1', labels: { zone: 'a' } }] });
  jest.mocked(datasource.labels).mockRejectedValue(new Error('no backend'));
  const { query } = show({}, datasource);
  await choose('Label', 'zone');
  expect(query().label).toBe('zone');
  expect(screen.getByRole('alert')).toHaveTextContent('Cannot load labels: no backend');
});
