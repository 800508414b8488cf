import { type Monaco, type MonacoEditor, type monacoTypes } from '@grafana/ui';
import { type Filter } from '../../query';
import { LANGUAGE } from './language';
import { describeMetric } from './metricHelp';
import { rangeOf } from './range';
import { findSituation, namesOf, type Situation } from './situation';
import { MACROS, type Term, TERMS } from './terms';

/** What completions need to know of the samples. */
export interface PromqlData {
  metrics(): Promise<string[]>;
  /** Names of the labels of some metrics, or of all. */
  labels(metrics: string[]): Promise<string[]>;
  values(label: string, metric: string | undefined, others: Filter[]): Promise<string[]>;
}

export interface Completion {
  label: string;
  kind: 'metric' | 'label' | 'value' | 'duration' | Term['kind'];
  /** Shown beside the label. */
  detail?: string;
  /** Shown when the completion is selected. */
  help?: string;
  /** The inserted text if it differs from the label. `$0` is where the cursor goes. */
  insert?: string;
}

/** The completions for a situation, the most likely first. `rest` is the text behind the position. */
export async function listCompletions(situation: Situation, rest: string, data: PromqlData): Promise<Completion[]> {
  switch (situation.kind) {
    case 'nothing':
      return [];
    case 'duration':
      return [
        ...MACROS.map((term) => termCompletion(term, rest)),
        ...DURATIONS.map((label): Completion => ({ label, kind: 'duration' })),
      ];
    case 'label': {
      const known = await data.metrics();
      const metrics = situation.metrics.filter((name) => known.includes(name));
      const labels = await data.labels(metrics);
      const startsMatcher = situation.place === 'matcher' && !/^\s*(=|!)/.test(rest);
      return labels
        .filter((label) => !situation.used.includes(label))
        .map((label) => ({
          label,
          kind: 'label',
          ...(startsMatcher && { insert: `${label}="$0"` }),
        }));
    }
    case 'value': {
      const { label, metric, others, isOpen } = situation;
      const values = await data.values(label, metric, others);
      return values.map((value) => {
        const escaped = JSON.stringify(value).slice(1, -1).replace(/[$}]/g, '\\$&');
        return { label: value, kind: 'value', insert: isOpen ? escaped : `"${escaped}"` };
      });
    }
    case 'expression': {
      const metrics = await data.metrics();
      return [...metrics.map(metricCompletion), ...TERMS.map((term) => termCompletion(term, rest))];
    }
  }
}

const DURATIONS = ['1m', '5m', '10m', '30m', '1h', '1d'];

function metricCompletion(name: string): Completion {
  const { type, sentences } = describeMetric(name);
  return { label: name, kind: 'metric', detail: type ?? 'metric', help: sentences.join('\n\n') };
}

function termCompletion({ name, kind, usage, help }: Term, rest: string): Completion {
  const takesBrackets = (kind === 'function' || kind === 'aggregation') && !/^\s*\(/.test(rest);
  return {
    label: name,
    kind,
    detail: kind,
    help: `${usage}\n\n${help}`,
    ...(takesBrackets && { insert: `${name}($0)` }),
  };
}

/**
 * Registers completions and hover help for one editor, until the result is disposed. Providers are registered per language,
 * and a page may show many editors.
 */
export function registerHelp({ languages }: Monaco, editor: MonacoEditor, data: PromqlData): { dispose(): void } {
  const { CompletionItemKind: icon, CompletionItemInsertTextRule: rule } = languages;
  const icons: Record<Completion['kind'], number> = {
    metric: icon.Field,
    label: icon.Property,
    value: icon.Value,
    duration: icon.Unit,
    function: icon.Function,
    aggregation: icon.Function,
    keyword: icon.Keyword,
    macro: icon.Variable,
  };
  const completions = languages.registerCompletionItemProvider(LANGUAGE, {
    triggerCharacters: ['{', ',', '(', '[', '=', '~', '"', "'", ' ', '$'],
    async provideCompletionItems(model, position) {
      if (model !== editor.getModel()) {
        return { suggestions: [] };
      }
      const text = model.getValue();
      const at = model.getOffsetAt(position);
      const situation = findSituation(text, at);
      const rest = text.slice(at).replace(situation.kind === 'value' ? /^[^"'`,}\n]*(?=["'`])/ : /^[\w:]*/, '');
      const range = rangeOf(model, situation.from, text.length - rest.length);
      const found = await listCompletions(situation, rest, data);
      return {
        suggestions: found.map(({ label, kind, detail, help, insert }, i): monacoTypes.languages.CompletionItem => ({
          // Monaco cuts `detail` where a label is long, but not the description of a label.
          label: detail === undefined ? label : { label, description: detail },
          kind: icons[kind],
          ...(help && { documentation: { value: help } }),
          insertText: insert ?? label,
          ...(insert !== undefined && {
            insertTextRules: rule.InsertAsSnippet,
            // Offers the values of a label and the arguments of a function at once.
            ...(insert.includes('$0') && { command: { id: 'editor.action.triggerSuggest', title: '' } }),
          }),
          sortText: String(i).padStart(6, '0'),
          range,
        })),
      };
    },
  });
  const hover = languages.registerHoverProvider(LANGUAGE, {
    async provideHover(model, position) {
      const word = model === editor.getModel() ? model.getWordAtPosition(position) : null;
      if (!word) {
        return null;
      }
      const help = await describeWord(word.word, model.getValue(), data);
      return help === undefined ? null : { contents: help.map((value) => ({ value })) };
    },
  });
  return {
    dispose() {
      completions.dispose();
      hover.dispose();
    },
  };
}

/** The help of a word: paragraphs in Markdown, or undefined if nothing is known. */
export async function describeWord(word: string, text: string, data: PromqlData): Promise<string[] | undefined> {
  const term = TERMS.find(({ name }) => name === word);
  if (term) {
    return [`\`${term.usage}\``, term.help];
  }
  const { type, sentences } = describeMetric(word);
  if (sentences.length > 0 || (namesOf(text).includes(word) && (await data.metrics()).includes(word))) {
    return [`\`${word}\` ${type ?? 'metric'}`, ...sentences];
  }
  return undefined;
}
