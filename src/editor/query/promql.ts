import { type Monaco, type MonacoEditor } from '@grafana/ui';

/** Our own name, so that the language of Grafana's Prometheus data source stays as it is. */
export const LANGUAGE = 'falco-promql';

const AGGREGATIONS = 'avg bottomk count count_values group max min quantile stddev stdvar sum topk'.split(' ');
const KEYWORDS = 'and bool by group_left group_right ignoring offset on or start end unless without'.split(' ');
const FUNCTIONS =
  `abs absent absent_over_time avg_over_time ceil changes clamp clamp_max clamp_min count_over_time day_of_month day_of_week
  days_in_month delta deriv exp floor histogram_quantile hour idelta increase irate label_join label_replace last_over_time ln
  log10 log2 max_over_time min_over_time minute month predict_linear present_over_time quantile_over_time rate resets round
  scalar sgn sort sort_desc sqrt stddev_over_time stdvar_over_time sum_over_time time timestamp vector year`.split(
    /\s+/
  );
const MACROS = ['$__rate_interval', '$__interval', '$__range'];

/** Teaches Grafana's editor PromQL's words, once for the page. */
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

/** One word that the editor offers. */
export interface Offer {
  label: string;
  detail: 'metric' | 'function' | 'aggregation' | 'keyword' | 'Grafana';
}

/** Everything that can be offered; the metrics at hand first. */
export function offers(metrics: string[]): Offer[] {
  const of = (words: string[], detail: Offer['detail']) => words.map((label) => ({ label, detail }));
  return [
    ...of(metrics, 'metric'),
    ...of(FUNCTIONS, 'function'),
    ...of(AGGREGATIONS, 'aggregation'),
    ...of(KEYWORDS, 'keyword'),
    ...of(MACROS, 'Grafana'),
  ];
}

/**
 * Offers metrics and PromQL's words in one editor, until what it returns is disposed of. Grafana's own way of
 * offering words begins them only after blanks and quotes, and in PromQL they mostly follow a bracket.
 */
export function offerWords({ languages }: Monaco, editor: MonacoEditor, metrics: () => string[]): { dispose(): void } {
  const kinds: Record<Offer['detail'], number> = {
    metric: languages.CompletionItemKind.Field,
    function: languages.CompletionItemKind.Function,
    aggregation: languages.CompletionItemKind.Function,
    keyword: languages.CompletionItemKind.Keyword,
    Grafana: languages.CompletionItemKind.Variable,
  };
  return languages.registerCompletionItemProvider(LANGUAGE, {
    triggerCharacters: ['$'],
    provideCompletionItems(model, position) {
      // Providers belong to the language, and a page may show many editors.
      if (model !== editor.getModel()) {
        return { suggestions: [] };
      }
      const { startColumn, endColumn } = model.getWordUntilPosition(position);
      const line = { startLineNumber: position.lineNumber, endLineNumber: position.lineNumber };
      return {
        suggestions: offers(metrics()).map(({ label, detail }) => ({
          label,
          detail,
          kind: kinds[detail],
          insertText: label,
          range: { ...line, startColumn, endColumn },
        })),
      };
    },
  });
}
