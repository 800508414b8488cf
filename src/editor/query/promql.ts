import { type CodeEditorSuggestionItem, CodeEditorSuggestionItemKind, type Monaco } from '@grafana/ui';

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

/** What the editor offers while somebody types. */
export function suggestions(metrics: string[]): CodeEditorSuggestionItem[] {
  const of = (words: string[], kind: CodeEditorSuggestionItemKind, detail: string) =>
    words.map((label) => ({ label, kind, detail }));
  return [
    ...of(metrics, CodeEditorSuggestionItemKind.Field, 'metric'),
    ...of(FUNCTIONS, CodeEditorSuggestionItemKind.Method, 'function'),
    ...of(AGGREGATIONS, CodeEditorSuggestionItemKind.Method, 'aggregation'),
    ...of(KEYWORDS, CodeEditorSuggestionItemKind.Constant, 'keyword'),
    ...of(MACROS, CodeEditorSuggestionItemKind.Property, 'Grafana'),
  ];
}
