/**
 * The second lane: the browser side with the packages of Grafana 13.2 and React 19. The first lane has those of 12.4 and
 * React 18, with which the plugin is built.
 *
 * .cache/grafana-13 gets the packages of tests/grafana-13 and a copy of the sources, which find these packages before those
 * in the root's node_modules. Compilers, Jest and everything else that does not import React come from there.
 */
import { spawn } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { root } from './setup.mjs';

const packages = join(root, 'tests/grafana-13');
export const lane = join(root, '.cache/grafana-13');

/** Starts to install the packages if the lock file has changed. Resolves to whether they are installed. */
export async function installLane() {
  const [wanted, installed] = [packages, lane].map((folder) => join(folder, 'package-lock.json'));
  const complete = join(lane, 'node_modules/.package-lock.json');
  if (existsSync(complete) && readFileSync(installed, 'utf8') === readFileSync(wanted, 'utf8')) {
    return true;
  }
  mkdirSync(lane, { recursive: true });
  rmSync(complete, { force: true });
  cpSync(packages, lane, { recursive: true });
  cpSync(join(root, '.npmrc'), join(lane, '.npmrc'));
  const npm = spawn('npm', ['ci', '--prefer-offline', '--loglevel', 'error'], {
    cwd: lane,
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  return new Promise((done) => {
    npm.on('error', () => done(false));
    npm.on('close', (code) => done(code === 0));
  });
}

/** Copies the sources. The built plugin is not copied: both lanes load the same files. */
export function copySources() {
  const copied = ['src', 'dev', 'tests', 'provisioning', '.config'];
  const files = ['eslint.config.mjs', 'jest.config.mjs', 'plugin.json', 'tsconfig.json'];
  for (const name of [...copied, ...files]) {
    rmSync(join(lane, name), { recursive: true, force: true });
    cpSync(join(root, name), join(lane, name), {
      recursive: true,
      filter: (source) => source !== packages && source !== join(root, 'dev/preview/public'),
    });
  }
  for (const name of ['dist', 'docs', 'pkg']) {
    if (!existsSync(join(lane, name))) {
      rmSync(join(lane, name), { force: true });
      symlinkSync(join(root, name), join(lane, name), 'junction');
    }
  }
}
