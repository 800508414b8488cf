import { catalogue } from '../../src/signals';

const json = (value: unknown) => `${JSON.stringify(value, null, 2)}\n`;

/** The generated files: path from the root of the project → text. */
export function outputs(): Record<string, string> {
  return {
    'pkg/signals/catalogue.json': json(catalogue),
  };
}
