/** Collects the texts of the browser side, and keeps the files of all languages in src/locales complete. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import ts from 'typescript';

/** A language's texts, by key. */
export type Texts = Map<string, string>;

interface Tree {
  [part: string]: string | Tree;
}

interface Message {
  key: string;
  /** One text, or the texts for one and for other numbers. */
  texts: [string] | [one: string, other: string];
}

const SOURCE = 'en-US';

export const readLanguages = () =>
  (JSON.parse(readFileSync('plugin.json', 'utf8')) as { languages: string[] }).languages;

export const localeFile = (language: string) => `src/locales/${language}/falco-metrics-datasource.json`;

/** The calls of t() and tCount() in a source file. */
export function findMessages(file: string, source: string): Message[] {
  const root = ts.createSourceFile(file, source, ts.ScriptTarget.Latest, true, ts.ScriptKind.TSX);
  const literal = (node: ts.Node | undefined): string => {
    if (node && ts.isStringLiteralLike(node)) {
      return node.text;
    }
    const { line } = root.getLineAndCharacterOfPosition((node ?? root).getStart());
    throw new Error(`${file}:${line + 1}: the key and the texts of t() and tCount() must be string literals.`);
  };
  const property = (node: ts.Node | undefined, name: string): ts.Node | undefined =>
    node && ts.isObjectLiteralExpression(node)
      ? node.properties.filter(ts.isPropertyAssignment).find((found) => found.name.getText() === name)?.initializer
      : node;
  const messages: Message[] = [];
  const visit = (node: ts.Node): void => {
    if (ts.isCallExpression(node) && ts.isIdentifier(node.expression)) {
      const [key, text] = node.arguments;
      if (node.expression.text === 't') {
        messages.push({ key: literal(key), texts: [literal(text)] });
      } else if (node.expression.text === 'tCount') {
        messages.push({
          key: literal(key),
          texts: [literal(property(text, 'one')), literal(property(text, 'other'))],
        });
      }
    }
    node.forEachChild(visit);
  };
  visit(root);
  return messages;
}

/** The keys and English texts of a language. The keys of texts for numbers end with `_` and a plural category of the language. */
export function textsFor(language: string, messages: Message[]): Texts {
  const categories = new Intl.PluralRules(language).resolvedOptions().pluralCategories;
  const texts: Texts = new Map();
  const add = (key: string, text: string) => {
    if ((texts.get(key) ?? text) !== text) {
      throw new Error(`The key “${key}” has two texts: “${texts.get(key)}” and “${text}”.`);
    }
    texts.set(key, text);
  };
  for (const {
    key,
    texts: [one, other],
  } of messages) {
    if (other === undefined) {
      add(key, one);
    } else {
      categories.forEach((category) => add(`${key}_${category}`, category === 'one' ? one : other));
    }
  }
  return texts;
}

export function flatten(tree: Tree, prefix = ''): Texts {
  return new Map(
    Object.entries(tree).flatMap(([part, value]) =>
      typeof value === 'string' ? [[`${prefix}${part}`, value]] : [...flatten(value, `${prefix}${part}.`)]
    )
  );
}

function nest(texts: Texts): Tree {
  const tree: Tree = {};
  for (const [key, text] of [...texts].sort(([a], [b]) => (a < b ? -1 : 1))) {
    const parts = key.split('.');
    const last = parts.pop()!;
    let branch = tree;
    for (const part of parts) {
      const next = (branch[part] ??= {});
      if (typeof next === 'string') {
        throw new Error(`“${key}” cannot be a key, because a part of it is one.`);
      }
      branch = next;
    }
    branch[last] = text;
  }
  return tree;
}

export function readTexts(language: string): Texts {
  const file = localeFile(language);
  return existsSync(file) ? flatten(JSON.parse(readFileSync(file, 'utf8')) as Tree) : new Map();
}

/** Translations are kept while their English text stays the same. The others are empty, so that a test finds them. */
export function translate(language: string, messages: Message[], old: { english: Texts; translated: Texts }): Texts {
  return new Map(
    [...textsFor(language, messages)].map(([key, text]) => {
      const [english] = [key, key.replace(/_[a-z]+$/, '_other')].flatMap((known) => old.english.get(known) ?? []);
      return [key, english === text ? (old.translated.get(key) ?? '') : ''];
    })
  );
}

/** The files of all languages, from path to content. */
export function locales(): Record<string, string> {
  const files = readdirSync('src', { recursive: true, encoding: 'utf8' }).filter(
    (file) => /\.tsx?$/.test(file) && !/\.test\.tsx?$/.test(file)
  );
  const messages = files.sort().flatMap((file) => findMessages(file, readFileSync(join('src', file), 'utf8')));
  const english = readTexts(SOURCE);
  return Object.fromEntries(
    readLanguages().map((language) => {
      const texts =
        language === SOURCE
          ? textsFor(SOURCE, messages)
          : translate(language, messages, { english, translated: readTexts(language) });
      return [localeFile(language), `${JSON.stringify(nest(texts), null, 2)}\n`];
    })
  );
}
