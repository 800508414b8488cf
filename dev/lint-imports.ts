/**
 * Keeps file system and environment access out of the plugin's server side: Grafana's catalogue
 * refuses plugins that have either. Looks at what the packages under pkg/ import themselves; tests may.
 */
import { execFileSync } from 'node:child_process';

const banned = new Map([
  ['os', 'environment and files'],
  ['os/exec', 'other programs'],
  ['io/fs', 'files'],
  ['io/ioutil', 'files'],
  ['path/filepath', 'files'],
  ['syscall', 'system calls'],
  ['unsafe', 'memory'],
  ['plugin', 'other code'],
]);

const listed = execFileSync('go', ['list', '-f', '{{.ImportPath}} {{join .Imports " "}}', './pkg/...'], {
  encoding: 'utf8',
});
const found = listed
  .trim()
  .split('\n')
  .flatMap((line) => {
    const [name, ...imports] = line.split(' ');
    return imports.filter((path) => banned.has(path)).map((path) => `${name} imports ${path}: ${banned.get(path)}`);
  });

if (found.length > 0) {
  console.error(`The plugin's server side must not reach past its process:\n${found.join('\n')}`);
  process.exit(1);
}
