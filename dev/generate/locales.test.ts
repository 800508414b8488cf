/** @jest-environment node */
import { findMessages, readLanguages, readTexts, textsFor, translate } from './locales';

const source = `
  t('a.title', 'Targets');
  tCount('a.nodes', { one: '{{count}} node', other: '{{count}} nodes' }, { count });
`;

test('texts are found in the source, with one key for each plural category of a language', () => {
  const messages = findMessages('a.tsx', source);
  expect([...textsFor('en-US', messages)]).toEqual([
    ['a.title', 'Targets'],
    ['a.nodes_one', '{{count}} node'],
    ['a.nodes_other', '{{count}} nodes'],
  ]);
  expect(Object.fromEntries(textsFor('fr-FR', messages))).toEqual({
    'a.title': 'Targets',
    'a.nodes_one': '{{count}} node',
    'a.nodes_many': '{{count}} nodes',
    'a.nodes_other': '{{count}} nodes',
  });
});

test('texts that cannot be collected are refused', () => {
  expect(() => findMessages('a.tsx', 'const x = 1;\nt(key, `${x} nodes`);')).toThrow(
    'a.tsx:2: the key and the texts of t() and tCount() must be string literals.'
  );
  const twice = findMessages('a.tsx', `t('a', 'Node'); t('a', 'Nodes');`);
  expect(() => textsFor('en-US', twice)).toThrow('The key “a” has two texts: “Node” and “Nodes”.');
});

test('a translation is kept until its English text changes', () => {
  const english = new Map([
    ['a.title', 'Endpoints'],
    ['a.nodes_one', '{{count}} node'],
    ['a.nodes_other', '{{count}} nodes'],
  ]);
  const translated = new Map([
    ['a.title', 'TITLE'],
    ['a.nodes_one', '{{count}} ONE'],
    ['a.nodes_many', '{{count}} MANY'],
    ['a.nodes_other', '{{count}} OTHER'],
  ]);
  const kept = translate('fr-FR', findMessages('a.tsx', source), { english, translated });
  expect(Object.fromEntries(kept)).toEqual({ ...Object.fromEntries(translated), 'a.title': '' });
});

const placeholders = (text: string) => [...new Set(text.match(/\{\{[^}]+\}\}/g))].sort();

test.each(readLanguages())('%s has every text with its placeholders', (language) => {
  const english = readTexts('en-US');
  expect(english.get('config.targets.add')).toBe('Add target');
  const texts = [...readTexts(language)];
  expect(texts.filter(([, text]) => text === '').map(([key]) => key)).toEqual([]);
  for (const [key, text] of texts) {
    const source = english.get(key) ?? english.get(key.replace(/_[a-z]+$/, '_other')) ?? '';
    expect([key, placeholders(text)]).toEqual([key, placeholders(source)]);
  }
});
