import { type Monaco, type MonacoEditor } from '@grafana/ui';

/** Differs from the language id of Grafana's Prometheus data source, which is on the same page. */
export const LANGUAGE = 'falco-promql';

const AGGREGATIONS = 'avg bottomk count count_values group max min quantile stddev stdvar sum topk'.split(' ');
const KEYWORDS = 'and bool by group_left group_right describeLiveObstacle offset on or start end unless without'.split(
  ' '
);
const FUNCTIONS =
  `abs absent absent_over_time avg_over_time ceil changes clamp clamp_max clamp_min count_over_time day_of_month day_of_week
  days_in_month delta deriv exp floor histogram_quantile hour idelta increase irate label_join label_replace last_over_time ln
  log10 log2 max_over_time min_over_time minute month predict_linear present_over_time quantile_over_time rate resets round
  scalar sgn sort sort_desc sqrt stddev_over_time stdvar_over_time sum_over_time time timestamp vector year`.split(
    /\s+/
  );
const MACROS = ['$__rate_interval', '$__interval', '$__range'];

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
    autoClosingPairs: ['{}', '[]', '()', '""'].map(([open = '', close = '']) => ({ open, close })),
  });
  languages.setMonarchTokensProvider(LANGUAGE, {
    keywords: [...AGGREGATIONS, ...KEYWORDS],
    functions: FUNCTIONS,
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

export interface Completion {
  label: string;
  detail: 'metric' | 'function' | 'aggregation' | 'keyword' | 'macro';
}

/** All completions. The available metrics come first. */
export function listCompletions(metrics: string[]): Completion[] {
  const label = (words: string[], detail: Completion['detail']) => words.map((word) => ({ label: word, detail }));
  return [
    ...label(metrics, 'metric'),
    ...label(FUNCTIONS, 'function'),
    ...label(AGGREGATIONS, 'aggregation'),
    ...label(KEYWORDS, 'keyword'),
    ...label(MACROS, 'macro'),
  ];
}

/**
 * Registers completions for one editor, until the result is disposed. The suggestions of Grafana's CodeEditor start only
 * after blanks and quotes, but PromQL words mostly follow a bracket.
 */
export function registerCompletions(
  { languages }: Monaco,
  editor: MonacoEditor,
  getMetrics: () => string[]
): { dispose(): void } {
  const icons: Record<Completion['detail'], number> = {
    metric: languages.CompletionItemKind.Field,
    function: languages.CompletionItemKind.Function,
    aggregation: languages.CompletionItemKind.Function,
    keyword: languages.CompletionItemKind.Keyword,
    macro: languages.CompletionItemKind.Variable,
  };
  return languages.registerCompletionItemProvider(LANGUAGE, {
    triggerCharacters: ['$'],
    provideCompletionItems(model, position) {
      // Providers are registered per language, and a page may show many editors.
      if (model !== editor.getModel()) {
        return { suggestions: [] };
      }
      const { startColumn, endColumn } = model.getWordUntilPosition(position);
      const line = { startLineNumber: position.lineNumber, endLineNumber: position.lineNumber };
      return {
        suggestions: listCompletions(getMetrics()).map(({ label, detail }) => ({
          label,
          detail,
          kind: icons[detail],
          insertText: label,
          range: { ...line, startColumn, endColumn },
        })),
      };
    },
  });
}
