/**
 * What the npm scripts need before anything is installed. Plain Node, no packages: this file runs in
 * a fresh clone.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, statSync } from 'node:fs';
import { delimiter, join, resolve } from 'node:path';

export const root = resolve(import.meta.dirname, '..');

/** Runs a command in the project's root and ends the process when it fails. */
export function run(command, args, options = {}) {
  const result = spawnSync(command, args, { cwd: root, stdio: 'inherit', ...options });
  if (result.error || result.status !== 0) {
    const why = result.error ? result.error.message : `exit code ${result.status}`;
    console.error(`\n${[command, ...args].join(' ')}: ${why}`);
    process.exit(1);
  }
}

/** The path of the first of these programs on the PATH, or undefined. */
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

/** Installs the npm packages of package-lock.json when they are missing or older than it. */
export function ensurePackages() {
  const installed = join(root, 'node_modules/.package-lock.json');
  const lock = join(root, 'package-lock.json');
  if (!existsSync(installed) || statSync(installed).mtimeMs < statSync(lock).mtimeMs) {
    console.log('Installing npm packages …');
    run('npm', ['ci', '--no-audit', '--no-fund']);
  }
}

/** Ends with what to install when Go is missing; the version it needs is in go.mod and fetched by Go itself. */
export function ensureGo() {
  if (!onPath('go')) {
    console.error('Go was not found on the PATH. Install Go 1.24 or later: https://go.dev/doc/install');
    process.exit(1);
  }
}

/** Installs a Debian package where that is possible; says whether the program is there afterwards. */
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
 * The path of a Chromium: from the PATH, else from the system's packages, else Playwright's own
 * download. Undefined when none of the three works.
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

/** The path of a Prometheus server, installed from the system's packages when that is possible. */
export function ensurePrometheus() {
  return onPath('prometheus') ?? (installFromSystem('prometheus', 'prometheus') ? onPath('prometheus') : undefined);
}

/** The path of VictoriaMetrics, installed likewise. */
export function ensureVictoria() {
  return (
    onPath('victoria-metrics') ??
    (installFromSystem('victoria-metrics', 'victoria-metrics') ? onPath('victoria-metrics') : undefined)
  );
}

/** Builds both sides into dist/; webpack and Go rebuild only what has changed. */
export function build() {
  run('npm', ['run', '--silent', 'build']);
  run('npm', ['run', '--silent', 'build:backend']);
}
