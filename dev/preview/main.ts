/**
 * Runs the preview: `npm run preview -- --provisioning DIR --port N [--plugin DIR] [--host ADDRESS]`.
 * Builds the page and the host if they are stale, then runs the host. When this process exits, the
 * host and the plugin exit too. With `--build` it only builds.
 */
import { execFileSync, spawn } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { createRequire } from 'node:module';
import { resolve } from 'node:path';
import { buildPage, publicFolder } from './build';

const root = resolve(import.meta.dirname, '../..');
/** Defaults for the variables of the shipped provisioning folder. */
const environment = {
  FALCO_FLEET_HOST: '127.0.0.1',
  FALCO_DASHBOARDS: resolve(root, 'dist/dashboards'),
  ...process.env,
};
/** The page is built with the packages of this Grafana. */
const { version } = createRequire(import.meta.url)('@grafana/runtime/package.json') as { version: string };
const host = resolve(root, '.cache/preview', process.platform === 'win32' ? 'host.exe' : 'host');

async function main(): Promise<void> {
  await buildPage();
  mkdirSync(resolve(host, '..'), { recursive: true });
  execFileSync('go', ['build', '-o', host, '.'], { cwd: import.meta.dirname, stdio: 'inherit' });
  if (process.argv.includes('--build')) {
    return;
  }

  const args = ['--with-parent', '--public', publicFolder, '--grafana-version', version, ...process.argv.slice(2)];
  const child = spawn(host, args, {
    stdio: ['pipe', 'inherit', 'inherit'],
    env: environment,
  });
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.on(signal, () => child.kill('SIGTERM'));
  }
  if (process.env['npm_command']) {
    // npm stops only the shell between it and this process, which then has another parent.
    const parent = process.ppid;
    setInterval(() => process.ppid !== parent && child.kill('SIGTERM'), 500).unref();
  }
  child.on('exit', (code) => process.exit(code ?? 1));
}

main().catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : error);
  process.exit(1);
});
