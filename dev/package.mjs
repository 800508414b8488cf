/**
 * `npm run package` builds the plugin for every platform and writes release/ID-VERSION.zip, as Grafana's catalogue
 * expects it, and its SHA-1 next to it. Archives of one commit are equal. docs/releasing.md describes a release.
 *
 * Environment: GRAFANA_ACCESS_POLICY_TOKEN signs the plugin. Arguments go to @grafana/sign-plugin. A signed archive
 * contains the time of the signature.
 */
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { ensureGo, ensurePackages, root, run } from './setup.mjs';

const git = (...args) => execFileSync('git', args, { cwd: root, encoding: 'utf8' }).trim();

// Only the last step may know the token: packages of npm and Go run code while they are installed and built.
const token = process.env.GRAFANA_ACCESS_POLICY_TOKEN;
delete process.env.GRAFANA_ACCESS_POLICY_TOKEN;

ensureGo();
ensurePackages();

// Go records in the executables whether they were built from a commit. The catalogue refuses them otherwise.
const changes = git('status', '--porcelain');
if (changes) {
  console.error(`Cannot package uncommitted changes. Commit or remove them:\n${changes}`);
  process.exit(1);
}
const seconds = git('log', '-1', '--format=%ct');
process.env.SOURCE_DATE_EPOCH = seconds;

const dist = join(root, 'dist');
rmSync(dist, { recursive: true, force: true });
run('npm', ['run', '--silent', 'build']);
run('npm', ['run', '--silent', 'build:backend', '--', '--all']);
// The SDK lists every Go file below the root, also those of npm packages in the second lane of tests.
const manifest = join(dist, 'go_plugin_build_manifest');
const sources = new Set(git('ls-files', '*.go').split('\n'));
const listed = readFileSync(manifest, 'utf8').trimEnd().split('\n');
writeFileSync(manifest, listed.filter((line) => sources.has(line.split(':')[1])).join('\n') + '\n');
if (token) {
  const env = { ...process.env, GRAFANA_ACCESS_POLICY_TOKEN: token };
  run('npx', ['sign-plugin', ...process.argv.slice(2)], { env });
}

const { id, info } = JSON.parse(readFileSync(join(dist, 'plugin.json'), 'utf8'));
const file = join(root, 'release', `${id}-${info.version}.zip`);
mkdirSync(join(root, 'release'), { recursive: true });
// tsx compiles TypeScript. It is installed only now.
const { tsImport } = await import('tsx/esm/api');
const { writeArchive } = await tsImport('./archive.ts', import.meta.url);
await writeArchive({ folder: dist, name: id, time: new Date(Number(seconds) * 1000), file });

const sha1 = createHash('sha1').update(readFileSync(file)).digest('hex');
writeFileSync(`${file}.sha1`, `${sha1}  ${basename(file)}\n`);
const megabytes = (statSync(file).size / 1e6).toFixed(1);
console.log(`\nrelease/${basename(file)}${token ? '' : ' (not signed)'}\n${megabytes} MB\nSHA-1 ${sha1}`);
