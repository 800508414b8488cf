/**
 * Exits with 1 if the browser side uses an API that is missing or different in a supported version of Grafana, as
 * `levitate is-compatible` does. What differs between the versions does not depend on the sources, takes a minute to find and
 * needs the packages of every version. So tests/corpora/grafana-apis.json stores it, and `--update` writes this file.
 * `--latest` compares the packages again instead, and those of the latest Grafana too.
 */
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';

process.env.LEVITATE_SILENT = 'true';
const { compareExports, createTsProgram, getPackageUsage } = await import('@grafana/levitate');

const root = join(import.meta.dirname, '..');
const require = createRequire(import.meta.url);
const { dependencies } = require('../package.json');
const packages = ['@grafana/data', '@grafana/runtime', '@grafana/schema', '@grafana/ui'];
/** The first version that plugin.json allows, and the last one of every minor version since. package.json has that of 12.4. */
const versions = ['12.3.0', '13.0.2', '13.1.3', '13.2.3'];
const stored = join(root, 'tests/corpora/grafana-apis.json');
const compared = Object.fromEntries(packages.map((name) => [name, dependencies[name]]));

if (process.argv.includes('--update')) {
  const text = JSON.stringify({ compared, versions, differences: differences(versions) }, null, 1);
  writeFileSync(stored, `${text}\n`);
}
process.exit(check(process.argv.includes('--latest') ? differences([...versions, 'latest']) : readStored()));

/** Returns the stored differences. Exits with 1 if they are about other versions. */
function readStored() {
  const apis = JSON.parse(readFileSync(stored, 'utf8'));
  if (JSON.stringify([apis.compared, apis.versions]) !== JSON.stringify([compared, versions])) {
    console.log('tests/corpora/grafana-apis.json is about other versions. Run: npm run levitate -- --update');
    process.exit(1);
  }
  return apis.differences;
}

/** Names that are missing or different, by package and version. */
function differences(versions) {
  const declarations = download(
    packages.flatMap((name) => [compared[name], ...versions].map((version) => `${name}@${version}`))
  );
  const compare = (name, version) => {
    const [before, after] = [compared[name], version].map((one) => declarations.get(`${name}@${one}`));
    const { removals, changes } = compareExports(before, after, {});
    return { missing: Object.keys(removals), different: Object.keys(changes) };
  };
  return Object.fromEntries(
    packages.map((name) => [name, Object.fromEntries(versions.map((version) => [version, compare(name, version)]))])
  );
}

/** Downloads packages without their dependencies. Returns the path of each one's declarations. */
function download(specs) {
  // Outside the root: levitate itself finds no types of React beside a package.
  const folder = mkdtempSync(join(tmpdir(), 'falco-levitate-'));
  process.on('exit', () => rmSync(folder, { recursive: true, force: true }));
  const run = (...command) => {
    const { status, stdout } = spawnSync(command[0], command.slice(1), {
      cwd: folder,
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    if (status !== 0) {
      process.exit(1);
    }
    return stdout.trim().split('\n');
  };
  // npm prints the archives in the order of its arguments.
  const archives = run('npm', 'pack', '--silent', ...specs);
  return new Map(
    specs.map((spec, i) => {
      const target = join(folder, spec);
      mkdirSync(target, { recursive: true });
      run('tar', 'xzf', join(folder, archives[i]), '-C', target, '--strip-components=1');
      return [spec, join(target, JSON.parse(readFileSync(join(target, 'package.json'), 'utf8')).types)];
    })
  );
}

/** Prints what the sources use and a version lacks. Returns the exit code. */
function check(differences) {
  const { changes: ignored } = require('../.levignore.js');
  const program = createTsProgram(join(root, 'src/module.ts'));
  const lines = packages.flatMap((name) => {
    const said = new Map();
    for (const [version, { missing, different }] of Object.entries(differences[name])) {
      const add = (api, what) => said.set(api, [...(said.get(api) ?? []), `${what} ${version}`]);
      missing.forEach((api) => add(api, 'is missing from'));
      different.filter((api) => !ignored.some((one) => one.test(api))).forEach((api) => add(api, 'is different in'));
    }
    return [...getPackageUsage(program, { exports: Object.fromEntries(said) }, name)].flatMap(([{ fileName }, used]) =>
      Object.keys(used)
        .filter((api) => said.has(api))
        .map((api) => `${relative(root, fileName)}: ${api} of ${name} ${said.get(api).join(', ')}`)
    );
  });
  lines.forEach((line) => console.log(line));
  return lines.length > 0 ? 1 : 0;
}
