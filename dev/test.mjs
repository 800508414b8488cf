/**
 * `npm test`: everything, on a machine with only Node and Go. Installs what it needs and closes with
 * one line `N passed, N failed` (`, N skipped`, the skipped named above it).
 *
 * `npm test -- unit go` runs only the steps whose name contains one of these words.
 */
import { spawn } from 'node:child_process';
import { mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  build,
  ensureBrowser,
  ensureGo,
  ensurePackages,
  ensurePrometheus,
  ensureVictoria,
  onPath,
  root,
} from './setup.mjs';

ensureGo();
ensurePackages();

const words = process.argv.slice(2);
const cache = join(root, '.cache');
mkdirSync(cache, { recursive: true });

const total = { passed: 0, failed: 0, skipped: [] };
const failures = [];

/** Runs a command; resolves to its exit code and what it printed on standard output. */
function output(command, args, { cwd = root, env = process.env, echo = true } = {}) {
  return new Promise((done) => {
    const child = spawn(command, args, { cwd, env, stdio: ['ignore', 'pipe', 'inherit'] });
    let text = '';
    child.stdout.on('data', (chunk) => {
      text += chunk;
      if (echo) {
        process.stdout.write(chunk);
      }
    });
    child.on('error', (error) => done({ code: 1, text: String(error) }));
    child.on('close', (code) => done({ code, text }));
  });
}

function count(name, passed, failed) {
  total.passed += passed;
  total.failed += failed;
  if (failed > 0) {
    failures.push(`${name}: ${failed}`);
  }
}

/** A check counts as one test. */
const check = (command, args, options) => async (name) => {
  const { code } = await output(command, args, options);
  count(name, code === 0 ? 1 : 0, code === 0 ? 0 : 1);
};

/** Jest writes its figures to a file; a run that wrote none has failed as one. */
const jest = (args) => async (name) => {
  const file = join(cache, `jest-${name.replaceAll(/\W+/g, '-')}.json`);
  const { code } = await output('npx', ['jest', '--json', '--outputFile', file, ...args], { echo: false });
  let result;
  try {
    result = JSON.parse(readFileSync(file, 'utf8'));
  } catch {
    return count(name, 0, 1);
  }
  // A suite that could not be read holds no test and would be missed.
  const broken = result.testResults.filter((suite) => suite.status === 'failed' && suite.assertionResults.length === 0);
  count(name, result.numPassedTests, result.numFailedTests + broken.length + (code !== 0 && result.success ? 1 : 0));
  skip(
    result.testResults
      .flatMap((suite) => suite.assertionResults)
      .filter((test) => test.status === 'pending')
      .map((test) => test.fullName)
  );
};

/** Go's tests, counted from `go test -json`; only failures are printed. A package that does not build has failed as one. */
const go = (args, options) => async (name) => {
  const { code, text } = await output('go', ['test', '-json', ...args], { ...options, echo: false });
  const events = text
    .split('\n')
    .filter((line) => line.startsWith('{'))
    .map((line) => JSON.parse(line));
  const of = (action) => events.filter((event) => event.Action === action && event.Test);
  const failed = of('fail');
  const bad = new Set(failed.map((event) => `${event.Package} ${event.Test}`));
  const packages = events.filter((event) => event.Action === 'fail' && !event.Test);
  const broken = packages.filter((event) => !failed.some((test) => test.Package === event.Package));
  for (const event of events) {
    const concerned = bad.has(`${event.Package} ${event.Test}`) || broken.some((one) => one.Package === event.Package);
    if (event.Action === 'build-output' || (event.Action === 'output' && concerned)) {
      process.stdout.write(event.Output);
    }
  }
  const unexplained = code !== 0 && failed.length + broken.length === 0 ? 1 : 0;
  count(name, of('pass').length, failed.length + broken.length + unexplained);
  skip(of('skip').map((event) => `${event.Package} ${event.Test}`));
};

function skip(names) {
  total.skipped.push(...names);
}

// The race detector needs a C compiler.
const race = onPath('gcc', 'clang', 'cc') ? ['-race'] : [];
if (race.length === 0) {
  skip(['the race detector (no C compiler on the PATH)']);
}

const preview = join(root, 'dev/preview');
const steps = {
  format: check('npx', ['prettier', '--check', '--log-level', 'warn', '.']),
  gofmt: async (name) => {
    const { text } = await output('gofmt', ['-l', 'pkg', 'tests', 'dev', 'Magefile.go']);
    count(name, text === '' ? 1 : 0, text === '' ? 0 : 1);
  },
  lint: check('npm', ['run', '--silent', 'lint']),
  types: check('npm', ['run', '--silent', 'typecheck']),
  'generated files': check('npm', ['run', '--silent', 'generate', '--', '--check']),
  vet: check('go', ['vet', './...']),
  staticcheck: check('go', ['tool', 'staticcheck', './...']),
  'unit tests': jest([]),
  'go tests': go([...race, './...']),
  'preview tests': go(['./...'], { cwd: preview }),
  build: async (name) => {
    build();
    count(name, 1, 0);
  },
  'end to end': async (name) => {
    const browser = await ensureBrowser();
    if (!browser) {
      return skip(['end to end (no Chromium: not on the PATH, not in the system’s packages, no download)']);
    }
    process.env.CHROMIUM = browser;
    await jest(['--config', 'tests/e2e/jest.config.mjs', '--runInBand'])(name);
  },
};

ensurePrometheus();
ensureVictoria();
for (const [name, step] of Object.entries(steps)) {
  if (words.length > 0 && !words.some((word) => name.includes(word))) {
    continue;
  }
  const start = Date.now();
  const before = { ...total };
  console.log(`\n── ${name}`);
  await step(name);
  const seconds = ((Date.now() - start) / 1000).toFixed(1);
  console.log(`   ${total.passed - before.passed} passed, ${total.failed - before.failed} failed (${seconds} s)`);
}

console.log('');
total.skipped.forEach((name) => console.log(`skipped: ${name}`));
failures.forEach((line) => console.log(`failed: ${line}`));
const skipped = total.skipped.length > 0 ? `, ${total.skipped.length} skipped` : '';
console.log(`${total.passed} passed, ${total.failed} failed${skipped}`);
process.exit(total.failed > 0 ? 1 : 0);
