/** @jest-environment node */
import { type Monaco, type MonacoEditor } from '@grafana/ui';
import { aggregations, signatures } from '../../promql/signatures';
import { describeWord, type PromqlData, registerHelp } from './completions';
import { LANGUAGE, registerLanguage } from './language';
import { AGGREGATIONS, FUNCTIONS } from './terms';

const EVENTS = 'falcosecurity_scap_n_evts_total';

const data: PromqlData = {
  metrics: async () => [EVENTS, 'up'],
  labels: async (metrics) => ['node', ...metrics],
  values: async (label, metric, others) => [`${label} of ${metric} ${others.map(({ key }) => key).join()}`, 'a"b'],
};

interface Suggestion {
  label: string | { label: string; description: string };
  insertText: string;
  documentation?: { value: string };
  range: { startColumn: number; endColumn: number };
}

/** What of monaco's providers the tests call. */
interface Completions {
  provideCompletionItems(model: object, position: { column: number }): Promise<{ suggestions: Suggestion[] }>;
}
interface Hover {
  provideHover(model: object, position: { column: number }): Promise<unknown>;
}

/** A model as monaco's, of one line. */
function modelOf(text: string) {
  return {
    getValue: () => text,
    getOffsetAt: ({ column }: { column: number }) => column - 1,
    getPositionAt: (offset: number) => ({ lineNumber: 1, column: offset + 1 }),
    getWordAtPosition: () => ({ word: text }),
  };
}

/** Registers the help for an editor with the text, and returns what was registered. */
function register(text: string) {
  const model = modelOf(text);
  const registerCompletionItemProvider = jest.fn(() => ({ dispose: jest.fn() }));
  const registerHoverProvider = jest.fn(() => ({ dispose: jest.fn() }));
  const kinds = ['Field', 'Property', 'Value', 'Unit', 'Function', 'Keyword', 'Variable'];
  const languages = {
    registerCompletionItemProvider,
    registerHoverProvider,
    CompletionItemKind: Object.fromEntries(kinds.map((kind, i) => [kind, i])),
    CompletionItemInsertTextRule: { InsertAsSnippet: 4 },
  };
  registerHelp({ languages } as unknown as Monaco, { getModel: () => model } as unknown as MonacoEditor, data);
  const [[language, completions]] = registerCompletionItemProvider.mock.calls as unknown as [[string, Completions]];
  const [[, hover]] = registerHoverProvider.mock.calls as unknown as [[string, Hover]];
  return { model, language, completions, hover };
}

/** The completions at the mark `|`: label, inserted text, and the text that it replaces. */
async function complete(marked: string) {
  const text = marked.replace('|', '');
  const { model, completions } = register(text);
  const { suggestions } = await completions.provideCompletionItems(model, { column: marked.indexOf('|') + 1 });
  return suggestions.map(({ label, insertText, range }) => [
    typeof label === 'string' ? label : label.label,
    insertText,
    text.slice(range.startColumn - 1, range.endColumn - 1),
  ]);
}

test('metrics come first, then the words of PromQL; functions get their brackets', async () => {
  const offered = await complete('sum(ra|te)');
  expect(offered.slice(0, 2)).toEqual([
    [EVENTS, EVENTS, 'rate'],
    ['up', 'up', 'rate'],
  ]);
  expect(offered).toContainEqual(['rate', 'rate($0)', 'rate']);
  expect(await complete('ra|(up[5m])')).toContainEqual(['rate', 'rate', 'ra']);
  expect(offered).toContainEqual(['topk', 'topk($0)', 'rate']);
  expect(offered).toContainEqual(['$__rate_interval', '$__rate_interval', 'rate']);
});

test('labels inside braces are those of the metric, and go on with their value', async () => {
  expect(await complete('up{|}')).toEqual([
    ['node', 'node="$0"', ''],
    ['up', 'up="$0"', ''],
  ]);
  expect(await complete('up{no|="a"}')).toContainEqual(['node', 'node', 'no']);
  expect(await complete('up{node="a",|}')).toEqual([['up', 'up="$0"', '']]);
});

test('labels to group by are those of the metrics in the expression', async () => {
  expect(await complete('sum by (|) (rate(up[5m]))')).toEqual([
    ['node', 'node', ''],
    ['up', 'up', ''],
  ]);
});

test('values are those on the metric that pass the other matchers', async () => {
  expect(await complete('up{cluster="c",node="|x"}')).toEqual([
    ['node of up cluster', 'node of up cluster', 'x'],
    ['a"b', 'a\\"b', 'x'],
  ]);
  expect(await complete('up{node=|')).toContainEqual(['a"b', '"a\\"b"', '']);
});

test('a window is a macro or a duration', async () => {
  const offered = (await complete('rate(up[|')).map(([label]) => label);
  expect(offered).toEqual([
    '$__rate_interval',
    '$__interval',
    '$__range',
    '$__live',
    '1m',
    '5m',
    '10m',
    '30m',
    '1h',
    '1d',
  ]);
});

test('completions say what a metric is', async () => {
  const { model, completions } = register('');
  const { suggestions } = await completions.provideCompletionItems(model, { column: 1 });
  expect(suggestions[0]).toMatchObject({ label: { label: EVENTS, description: 'counter' } });
  expect(suggestions[0]?.documentation?.value).toMatch(/Used by the signal “.*metrics\.kernel_event_counters_enabled/s);
});

test('another editor on the page gets nothing', async () => {
  const { completions, hover, language } = register('up');
  expect(language).toBe(LANGUAGE);
  expect(await completions.provideCompletionItems(modelOf('up'), { column: 1 })).toEqual({ suggestions: [] });
  expect(await hover.provideHover(modelOf('up'), { column: 1 })).toBeNull();
});

test('words are explained', async () => {
  const { hover, model } = register('rate');
  expect(await hover.provideHover(model, { column: 1 })).toEqual({
    contents: [{ value: '`rate(v range-vector)`' }, { value: 'Average rate of a counter per second.' }],
  });
  expect(await describeWord('$__range', '', data)).toEqual(['`$__range`', 'The whole time range.']);
  expect(await describeWord(EVENTS, EVENTS, data)).toEqual(expect.arrayContaining([`\`${EVENTS}\` counter`]));
  expect(await describeWord('node', 'up{node="a"}', data)).toBeUndefined();
});

test('every function and aggregation is explained', () => {
  const names = (terms: readonly { name: string; help: string }[]) =>
    terms.filter(({ help }) => help).map(({ name }) => name);
  expect(names(FUNCTIONS)).toEqual([...signatures.keys()].sort());
  expect(names(AGGREGATIONS)).toEqual([...aggregations.keys()].sort());
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
