/** @jest-environment node */
import { type Monaco, type MonacoEditor } from '@grafana/ui';
import { LANGUAGE, listCompletions, registerCompletions, registerLanguage } from './promqlLanguage';

test('available metrics come first, then the words of PromQL and the macros', () => {
  const offered = listCompletions(['falcosecurity_scap_n_evts_total']);
  expect(offered[0]).toEqual({ label: 'falcosecurity_scap_n_evts_total', detail: 'metric' });
  expect(offered).toContainEqual({ label: 'rate', detail: 'function' });
  expect(offered).toContainEqual({ label: 'topk', detail: 'aggregation' });
  expect(offered).toContainEqual({ label: '$__rate_interval', detail: 'macro' });
});

test('the language is registered once', () => {
  const known: Array<{ id: string }> = [];
  const languages = {
    getLanguages: () => known,
    register: jest.fn((language: { id: string }) => known.push(language)),
    setLanguageConfiguration: jest.fn(),
    setMonarchTokensProvider: jest.fn(),
  };
  registerLanguage({ languages } as unknown as Monaco);
  registerLanguage({ languages } as unknown as Monaco);
  expect(languages.register).toHaveBeenCalledTimes(1);
  expect(languages.setMonarchTokensProvider).toHaveBeenCalledWith(LANGUAGE, expect.anything());
});

test('a completion replaces the typed part of the word, in its own editor only', () => {
  const registerCompletionItemProvider = jest.fn();
  const CompletionItemKind = { Field: 1, Function: 2, Keyword: 3, Variable: 4 };
  const model = { getWordUntilPosition: () => ({ startColumn: 5, endColumn: 8 }) };
  const editor = { getModel: () => model } as unknown as MonacoEditor;
  registerCompletions(
    { languages: { registerCompletionItemProvider, CompletionItemKind } } as unknown as Monaco,
    editor,
    () => ['up']
  );

  const [language, provider] = registerCompletionItemProvider.mock.calls[0];
  expect(language).toBe(LANGUAGE);
  const position = { lineNumber: 2, column: 8 };
  expect(provider.provideCompletionItems(model, position).suggestions[0]).toEqual({
    label: 'up',
    detail: 'metric',
    kind: 1,
    insertText: 'up',
    range: { startLineNumber: 2, endLineNumber: 2, startColumn: 5, endColumn: 8 },
  });
  expect(provider.provideCompletionItems({}, position)).toEqual({ suggestions: [] });
});
