/**
 * The texts of the browser side in the user's language. The English text stands in the code, and `npm run generate` copies
 * it to src/locales. Grafana loads the file of the user's language before module.js.
 */
import { t as translate } from '@grafana/i18n';

/** The names of the placeholders in a text: `{{name}}`, or `{{name, number}}` for a number as the language writes it. */
type Names<Text extends string> = Text extends `${string}{{${infer Name}}}${infer Rest}`
  ? (Name extends `${infer Number}, number` ? Number : Name) | Names<Rest>
  : never;

type Values<Name extends string> = Record<Name, string | number>;

/** React escapes texts itself. With i18next's default, a slash in a value would become `&#x2F;`. */
const options = { interpolation: { escapeValue: false } };

/** Translates a text: `t('config.targets.add', 'Add target')`. Both have to be literals. */
export function t<Text extends string>(
  key: string,
  text: Text,
  ...[values]: [Names<Text>] extends [never] ? [] : [Values<Names<Text>>]
): string {
  return translate(key, text, { ...values, ...options });
}

/** Translates a text that depends on the number `count`. Both texts have to be literals. */
export function tCount<One extends string, Other extends string>(
  key: string,
  { one, other }: { one: One; other: Other },
  values: Values<'count' | Names<One> | Names<Other>> & { count: number }
): string {
  return translate(key, other, { ...values, ...options, defaultValue_one: one, defaultValue_other: other });
}

/** Marks a text that is the same in every language: a name, or an example of a value. */
export const verbatim = (text: string) => text;
