/**
 * `npm run generate` writes every file that is generated from the catalogue and from the texts of the browser side. With `--check` it
 * writes nothing, lists stale files and exits with 1.
 */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { outputs } from './outputs';

const root = join(import.meta.dirname, '../..');

function current(path: string): string | undefined {
  try {
    return readFileSync(join(root, path), 'utf8');
  } catch {
    return undefined;
  }
}

const stale = Object.entries(outputs()).filter(([path, text]) => current(path) !== text);

if (process.argv.includes('--check')) {
  if (stale.length > 0) {
    console.error(`These generated files are stale; run npm run generate:\n${stale.map(([path]) => path).join('\n')}`);
    process.exit(1);
  }
} else {
  for (const [path, text] of stale) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), text);
    console.log(`wrote ${path}`);
  }
}
