/** @jest-environment node */
import { type Monaco } from '@grafana/ui';
import { LANGUAGE, registerLanguage, suggestions } from './promql';

jest.mock('@grafana/ui', () => ({
  CodeEditorSuggestionItemKind: { Method: 'method', Field: 'field', Property: 'property', Constant: 'constant' },
}));

test('metrics at hand are offered first, then the words of PromQL and the macros', () => {
  const offered = suggestions(['falcosecurity_scap_n_evts_total']);
  expect(offered[0]).toEqual({ label: 'falcosecurity_scap_n_evts_total', kind: 'field', detail: 'metric' });
  expect(offered).toContainEqual({ label: 'rate', kind: 'method', detail: 'function' });
  expect(offered).toContainEqual({ label: 'topk', kind: 'method', detail: 'aggregation' });
  expect(offered).toContainEqual({ label: '$__rate_interval', kind: 'property', detail: 'Grafana' });
});

test('the language is taught once', () => {
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
