import { type Monaco } from '@grafana/ui';
import { AGGREGATIONS, FUNCTIONS, KEYWORDS } from './terms';

/**
 * Differs from the language id of Grafana's Prometheus data source, which is on the same page. Its language is not an API for
 * plugins, the package monaco-promql brings monaco and CodeMirror along, and both lack Grafana's macros.
 */
export const LANGUAGE = 'falco-promql';

/** Registers PromQL with Grafana's code editor, once per page. */
export function registerLanguage({ languages }: Monaco): void {
  if (languages.getLanguages().some(({ id }) => id === LANGUAGE)) {
    return;
  }
  languages.register({ id: LANGUAGE });
  languages.setLanguageConfiguration(LANGUAGE, {
    wordPattern: /\$?[\w:]+/,
    comments: { lineComment: '#' },
    brackets: [
      ['{', '}'],
      ['[', ']'],
      ['(', ')'],
    ],
    autoClosingPairs: ['{}', '[]', '()', '""', "''"].map(([open = '', close = '']) => ({ open, close })),
  });
  const names = (terms: readonly { name: string }[]) => terms.map(({ name }) => name);
  languages.setMonarchTokensProvider(LANGUAGE, {
    keywords: [...names(AGGREGATIONS), ...names(KEYWORDS), 'start', 'end'],
    functions: names(FUNCTIONS),
    tokenizer: {
      root: [
        [/#.*$/, 'comment'],
        [/"([^"\\]|\\.)*"|'([^'\\]|\\.)*'|`[^`]*`/, 'string'],
        [/\$\w+|\$\{[^}]*\}/, 'variable'],
        [/\d+(\.\d+)?(ms|[smhdwy])?/, 'number'],
        [/[a-zA-Z_:][\w:]*/, { cases: { '@keywords': 'keyword', '@functions': 'type', '@default': 'identifier' } }],
        [/[{}()[\]]/, '@brackets'],
        [/[-+*/%^=!<>~@]+/, 'operator'],
      ],
    },
  });
}
