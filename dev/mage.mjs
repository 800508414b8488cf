/** `npm run build:backend` builds the backend into dist/ for this platform, or for every platform with `--all`. */
import { arch, platform } from 'node:os';
import { ensureGo, run } from './setup.mjs';

const systems = { linux: 'linux', darwin: 'darwin', win32: 'windows' };
const targets = {
  'linux-x64': 'build:linux',
  'linux-arm64': 'build:linuxARM64',
  'darwin-x64': 'build:darwin',
  'darwin-arm64': 'build:darwinARM64',
  'windows-x64': 'build:windows',
};

ensureGo();
const here = `${systems[platform()] ?? platform()}-${arch()}`;
if (process.argv.includes('--all')) {
  run('go', ['tool', 'mage', 'release']);
} else if (targets[here]) {
  run('go', ['tool', 'mage', targets[here]]);
} else {
  console.error(`Cannot build the backend for ${here}. Supported platforms: ${Object.keys(targets).join(', ')}.`);
  process.exit(1);
}
