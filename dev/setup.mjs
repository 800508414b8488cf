/**
 * Prepares a fresh clone: the npm scripts use it before anything is installed, so it uses only Node's own modules.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, statSync } from 'node:fs';
import { delimiter, join, resolve } from 'node:path';
import { withoutPluginUiWarning } from './engines.mjs';

export const root = resolve(import.meta.dirname, '..');

/** Runs a command in the project's root. Exits with code 1 when the command fails. */
export function run(command, args, options = {}) {
  const result = spawnSync(command, args, { cwd: root, stdio: 'inherit', ...options });
  if (result.error || result.status !== 0) {
    const why = result.error ? result.error.message : `exit code ${result.status}`;
    console.error(`\n${result.stdout ?? ''}${result.stderr ?? ''}\n${[command, ...args].join(' ')}: ${why}`);
    process.exit(1);
  }
  return result;
}

/** Runs a command as `run` does, but prints only its title and duration if it succeeds. Returns its standard error. */
export function step(title, command, args) {
  const start = Date.now();
  process.stdout.write(`${title} … `);
  const { stderr } = run(command, args, { stdio: 'pipe', encoding: 'utf8', maxBuffer: 1 << 26 });
  console.log(`${((Date.now() - start) / 1000).toFixed(1)} s`);
  return stderr;
}

/** Returns the path of the first of these programs that is on the PATH, or undefined. */
export function onPath(...names) {
  const suffix = process.platform === 'win32' ? '.exe' : '';
  for (const name of names) {
    for (const folder of (process.env.PATH ?? '').split(delimiter)) {
      const path = join(folder, name + suffix);
      if (folder && existsSync(path)) {
        return path;
      }
    }
  }
  return undefined;
}

/** Installs the npm packages when they are missing or older than package-lock.json. */
export function ensurePackages() {
  const installed = join(root, 'node_modules/.package-lock.json');
  const lock = join(root, 'package-lock.json');
  if (!existsSync(installed) || statSync(installed).mtimeMs < statSync(lock).mtimeMs) {
    const warnings = step('Installing npm packages', 'npm', ['ci', '--no-audit', '--no-fund']);
    process.stderr.write(withoutPluginUiWarning(warnings));
  }
}

/** Exits with an instruction when Go is missing. Go itself downloads the version that go.mod names. */
export function ensureGo() {
  if (!onPath('go')) {
    console.error('Cannot find go on the PATH. Install Go 1.24 or later: https://go.dev/doc/install');
    process.exit(1);
  }
}

/** Installs a Debian package when the process runs as root on a system with apt-get. Returns whether the program is on the PATH afterwards. */
function installFromSystem(packageName, program) {
  if (process.platform !== 'linux' || !onPath('apt-get') || process.getuid?.() !== 0) {
    return false;
  }
  console.log(`Installing ${packageName} from the system's packages …`);
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  spawnSync('apt-get', ['update', '-q'], { stdio: 'ignore', env });
  spawnSync('apt-get', ['install', '-y', '-q', '--no-install-recommends', packageName], { stdio: 'ignore', env });
  return onPath(program) !== undefined;
}

const browsers = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable'];

/**
 * Returns the path of Chromium: from the PATH, else from the system's packages, else downloaded by Playwright. Returns
 * undefined when none of these works.
 */
export async function ensureBrowser() {
  const found = onPath(...browsers) ?? (installFromSystem('chromium', 'chromium') ? onPath('chromium') : undefined);
  if (found) {
    return found;
  }
  const { chromium } = await import('playwright-core');
  if (!existsSync(chromium.executablePath())) {
    spawnSync('npx', ['playwright-core', 'install', 'chromium'], { cwd: root, stdio: 'inherit' });
  }
  return existsSync(chromium.executablePath()) ? chromium.executablePath() : undefined;
}

/** Returns the path of Prometheus, which is installed from the system's packages if possible, or undefined. */
export function ensurePrometheus() {
  return onPath('prometheus') ?? (installFromSystem('prometheus', 'prometheus') ? onPath('prometheus') : undefined);
}

/** Returns the path of node_exporter, which is installed from the system's packages if possible, or undefined. */
export function ensureNodeExporter() {
  const name = 'prometheus-node-exporter';
  return onPath(name) ?? (installFromSystem(name, name) ? onPath(name) : undefined);
}

/** Returns the path of VictoriaMetrics, which is installed from the system's packages if possible, or undefined. */
export function ensureVictoria() {
  return (
    onPath('victoria-metrics') ??
    (installFromSystem('victoria-metrics', 'victoria-metrics') ? onPath('victoria-metrics') : undefined)
  );
}

/**
 * Returns the path of Falcosidekick: the program that FALCOSIDEKICK names, else built from the module that
 * tests/sidekick/go.mod pins. Returns undefined when the module cannot be downloaded.
 */
export function ensureFalcosidekick() {
  if (process.env.FALCOSIDEKICK) {
    return process.env.FALCOSIDEKICK;
  }
  const cwd = join(root, 'tests/sidekick');
  const module = 'github.com/falcosecurity/falcosidekick';
  if (spawnSync('go', ['mod', 'download', module], { cwd, stdio: 'ignore' }).status !== 0) {
    return undefined;
  }
  const program = join(root, '.cache/falcosidekick');
  run('go', ['build', '-o', program, module], { cwd });
  return program;
}

/** Builds the browser side and the backend into dist/. webpack and Go rebuild only what has changed. */
export function build() {
  run('npm', ['run', '--silent', 'build']);
  run('npm', ['run', '--silent', 'build:backend']);
}
