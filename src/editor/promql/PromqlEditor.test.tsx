import { type Monaco, type MonacoEditor } from '@grafana/ui';
import { fireEvent, render, screen } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import type * as React from 'react';
import { expectQuietConsole, fakeDataSource } from '../testing';
import { PromqlEditor } from './PromqlEditor';

const markers = jest.fn();
let pressed: ((event: object) => void) | undefined;

/** As much of monaco as the editor uses. */
const monaco = {
  KeyCode: { Enter: 3 },
  MarkerSeverity: { Error: 8 },
  editor: { setModelMarkers: (_: unknown, owner: string, all: unknown[]) => markers(owner, all) },
  languages: {
    CompletionItemKind: {},
    CompletionItemInsertTextRule: {},
    registerCompletionItemProvider: () => ({ dispose: () => {} }),
    registerHoverProvider: () => ({ dispose: () => {} }),
  },
};

jest.mock('@grafana/ui', () => {
  const { useEffect } = jest.requireActual<typeof React>('react');
  interface Props {
    value: string;
    onChange: (text: string) => void;
    onBlur: (text: string) => void;
    onEditorDidMount: (editor: MonacoEditor, monaco: Monaco) => void;
  }
  // Monaco needs a browser.
  function CodeEditor({ value, onChange, onBlur, onEditorDidMount }: Props) {
    useEffect(() => {
      const model = { getPositionAt: (offset: number) => ({ lineNumber: 1, column: offset + 1 }) };
      const editor = {
        getModel: () => model,
        getValue: () => 'typed',
        onKeyDown: (press: typeof pressed) => (pressed = press),
      };
      onEditorDidMount(editor as unknown as MonacoEditor, monaco as unknown as Monaco);
      // eslint-disable-next-line react-hooks/exhaustive-deps -- once, as Grafana's
    }, []);
    return (
      <textarea
        defaultValue={value}
        onChange={(event) => onChange(event.target.value)}
        onBlur={(event) => onBlur(event.target.value)}
      />
    );
  }
  return { ...jest.requireActual<object>('@grafana/ui'), CodeEditor };
});

expectQuietConsole();
beforeEach(() => markers.mockClear());

/** The last marks: columns from 1, the end exclusive, and the message. */
function marked() {
  const [owner, all] = markers.mock.calls.at(-1) as [string, Array<Record<string, unknown>>];
  expect(owner).toBe('falco-promql');
  return all.map(({ startColumn, endColumn, message }) => [startColumn, endColumn, message]);
}

test('a mistake is marked while it is written, and only there', () => {
  render(<PromqlEditor expr="rate(up)" datasource={fakeDataSource()} onChange={() => {}} />);
  expect(marked()).toEqual([[6, 8, expect.stringContaining('expected type range vector')]]);
  expect(screen.queryByRole('alert')).not.toBeInTheDocument();
  fireEvent.change(screen.getByRole('textbox'), { target: { value: 'rate(up[5m])' } });
  expect(marked()).toEqual([]);
});

test('an error that only the backend finds is marked until the text changes', async () => {
  const error = 'the expression cannot be parsed at character 8: too many';
  render(<PromqlEditor expr="limitk(1, up)" error={error} datasource={fakeDataSource()} onChange={() => {}} />);
  expect(marked()).toEqual([[8, 9, 'too many']]);
  await userEvent.type(screen.getByRole('textbox'), ' ');
  expect(marked()).toEqual([]);
});

test('an empty editor says what to enter', async () => {
  render(<PromqlEditor expr="" datasource={fakeDataSource()} onChange={() => {}} />);
  const placeholder = screen.getByText('Enter a PromQL expression, such as up == 0. Shift+Enter runs it.');
  await userEvent.type(screen.getByRole('textbox'), 'u');
  expect(placeholder).not.toBeInTheDocument();
});

test('Shift+Enter runs the query', () => {
  const onChange = jest.fn();
  render(<PromqlEditor expr="up" datasource={fakeDataSource()} onChange={onChange} />);
  pressed?.({ keyCode: 3, shiftKey: false });
  expect(onChange).not.toHaveBeenCalled();
  pressed?.({ keyCode: 3, shiftKey: true, preventDefault: () => {} });
  expect(onChange).toHaveBeenCalledWith('typed');
});
