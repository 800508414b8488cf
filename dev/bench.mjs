/**
 * `npm run bench` installs what is missing and runs dev/bench; `npm run bench -- heap` runs only some benchmarks, and
 * `npm run bench -- --soak 1h` runs the backend under load instead.
 */
import { ensureGo, ensurePackages, ensurePrometheus, run } from './setup.mjs';

ensureGo();
ensurePackages();
ensurePrometheus();
run('go', ['run', './dev/bench', ...process.argv.slice(2)]);
