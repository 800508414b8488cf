/** `npm run bench`: installs what is missing and runs dev/bench, e.g. `npm run bench -- heap` for some figures only. */
import { ensureGo, ensurePackages, ensurePrometheus, run } from './setup.mjs';

ensureGo();
ensurePackages();
ensurePrometheus();
run('go', ['run', './dev/bench', ...process.argv.slice(2)]);
