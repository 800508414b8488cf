/**
 * @jest-environment node
 */
import { readFileSync } from 'node:fs';
import { catalogue } from '../../src/signals';
import { outputs } from './outputs';

describe('generated files', () => {
  it.each(Object.entries(outputs()))('%s is what npm run generate writes', (path, text) => {
    expect(readFileSync(path, 'utf8')).toBe(text);
  });

  it('describe every signal in the reference', () => {
    const reference = outputs()['docs/signals.md'];
    expect(catalogue.signals.filter(({ id }) => !reference?.includes(`\n### ${id}\n`))).toEqual([]);
  });
});
