/**
 * `npm test` runs every check and test on a machine with only Node and Go. It installs what it needs. The last line is
 * `N passed, N failed`, plus `, N skipped` when something was skipped; the lines above name what was skipped.
 *
 * `npm test -- unit go` runs only the steps whose name contains one of these words. Some steps run only if a word names
 * them.
 */
import { spawn, spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { copySources, installLane, lane } from './lane.mjs';
import {
  build,
  ensureBrowser,
  ensureFalcosidekick,
  ensureGo,
  ensureNodeExporter,
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

/** Runs a command. Resolves to its exit code and its standard output. */
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

/** A step that counts as one test: the command exits with 0 or not. */
const check = (command, args, options) => async (name) => {
  const { code } = await output(command, args, options);
  count(name, code === 0 ? 1 : 0, code === 0 ? 0 : 1);
};

/** A step that runs Jest, which writes its counts to a file. Without that file the whole run counts as one failure. */
const jest = (args, options) => async (name) => {
  const file = join(cache, `jest-${name.replaceAll(/\W+/g, '-')}.json`);
  const all = ['jest', '--json', '--outputFile', file, ...args];
  const { code } = await output('npx', all, { ...options, echo: false });
  let result;
  try {
    result = JSON.parse(readFileSync(file, 'utf8'));
  } catch {
    return count(name, 0, 1);
  }
  // A suite that does not load has no test results. It counts as one failure.
  const broken = result.testResults.filter((suite) => suite.status === 'failed' && suite.assertionResults.length === 0);
  count(name, result.numPassedTests, result.numFailedTests + broken.length + (code !== 0 && result.success ? 1 : 0));
  skip(
    result.testResults
      .flatMap((suite) => suite.assertionResults)
      .filter((test) => test.status === 'pending')
      .map((test) => test.fullName)
  );
};

/**
 * A step that runs Playwright's own test runner, which writes its counts to a file. An error outside the tests counts as one
 * failure.
 */
const playwright = (config) => async (name) => {
  const file = join(cache, 'playwright.json');
  rmSync(file, { force: true });
  const env = { ...process.env, PLAYWRIGHT_JSON_OUTPUT_FILE: file };
  const { code } = await output('npx', ['playwright', 'test', '--config', config, '--reporter', 'list,json'], { env });
  const { expected = 0, unexpected = 0 } = existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')).stats : {};
  count(name, expected, unexpected + (code !== 0 && unexpected === 0 ? 1 : 0));
};

/**
 * A step that runs Go tests and counts them from `go test -json`. It prints only the output of failed tests. A package
 * that does not build counts as one failure.
 */
const go = (args, options) => async (name) => {
  const { code, text } = await output('go', ['test', '-json', ...args], { ...options, echo: false });
  const events = text
    .split('\n')
    .filter((line) => line.startsWith('{'))
    .map((line) => JSON.parse(line));
  const testsWith = (action) => events.filter((event) => event.Action === action && event.Test);
  const failed = testsWith('fail');
  const failedTests = new Set(failed.map((event) => `${event.Package} ${event.Test}`));
  const packages = events.filter((event) => event.Action === 'fail' && !event.Test);
  const broken = packages.filter((event) => !failed.some((test) => test.Package === event.Package));
  for (const event of events) {
    const hasFailed =
      failedTests.has(`${event.Package} ${event.Test}`) || broken.some(({ Package }) => Package === event.Package);
    if (event.Action === 'build-output' || (event.Action === 'output' && hasFailed)) {
      process.stdout.write(event.Output);
    }
  }
  const unexplained = code !== 0 && failed.length + broken.length === 0 ? 1 : 0;
  count(name, testsWith('pass').length, failed.length + broken.length + unexplained);
  skip(testsWith('skip').map((event) => `${event.Package} ${event.Test}`));
};

function skip(names) {
  total.skipped.push(...names);
}

// The race detector needs a C compiler.
/** Copies the project without what .gitignore names: the validator reads every Go file below the folder. */
function copyOfSources() {
  const folder = mkdtempSync(join(tmpdir(), 'falco-sources-'));
  const args = ['ls-files', '-z', '--cached', '--others', '--exclude-standard'];
  const { stdout } = spawnSync('git', args, { cwd: root, encoding: 'utf8' });
  for (const file of stdout.split('\0').filter((name) => name !== '' && existsSync(join(root, name)))) {
    cpSync(join(root, file), join(folder, file));
  }
  return folder;
}

const race = onPath('gcc', 'clang', 'cc') ? ['-race'] : [];
if (race.length === 0) {
  skip(['the race detector (no C compiler on the PATH)']);
}

/** A step that runs in a browser. */
const browser = (step) => async (name) => {
  const program = await ensureBrowser();
  if (!program) {
    return skip([`${name} (no Chromium on the PATH or in the system’s packages, and it cannot be downloaded)`]);
  }
  process.env.CHROMIUM = program;
  await step(name);
};

/** A step of the second lane. Its packages are installed while the steps before it run. */
const second = (step) => async (name) => {
  if (!(await laneInstalled)) {
    return skip([`${name} (the packages of tests/grafana-13 cannot be installed)`]);
  }
  // The browser tests use the preview, whatever Grafana the step e2e used.
  delete process.env.GRAFANA_HOME;
  await step(name);
};

const { GRAFANA_URL: grafanaUrl, GRAFANA_HOME: grafanaHome } = process.env;
// Jest itself leaves one core to its main process, which has little to do.
const unit = ['--maxWorkers=100%'];
const e2e = ['--config', 'tests/e2e/jest.config.mjs', '--maxWorkers=2']; // they mostly wait
const preview = join(root, 'dev/preview');
const steps = {
  format: check('npx', ['prettier', '--check', '--log-level', 'warn', '.']),
  gofmt: async (name) => {
    const { text } = await output('gofmt', ['-l', 'pkg', 'tests', 'dev', 'Magefile.go']);
    count(name, text === '' ? 1 : 0, text === '' ? 0 : 1);
  },
  'lint code': check('npm', ['run', '--silent', 'lint:code']),
  'lint imports': check('npm', ['run', '--silent', 'lint:imports']),
  'lint spelling': check('npm', ['run', '--silent', 'lint:spelling']),
  'lint workflows': check('npm', ['run', '--silent', 'lint:workflows']),
  'golangci-lint': check('npm', ['run', '--silent', 'lint:go']),
  types: check('npm', ['run', '--silent', 'typecheck']),
  levitate: check('npm', ['run', '--silent', 'levitate']),
  'generated files': check('npm', ['run', '--silent', 'generate', '--', '--check']),
  'unit tests': jest(unit),
  'go tests': go([...race, './...']),
  // Statistics over many roll-outs, which take minutes with the race detector and have nothing to do with it.
  'roll-out tests': go(['./pkg/impact', '-run', 'TestRollouts']),
  'preview tests': go(['./...'], { cwd: preview }),
  'short attack': check('npm', ['run', '--silent', 'attack', '--', '--short']),
  build: async (name) => {
    build();
    count(name, 1, 0);
  },
  package: jest(['--config', 'tests/package/jest.config.mjs']),
  validator: async (name) => {
    const validator = process.env.PLUGINCHECK ?? onPath('plugincheck2');
    if (!validator) {
      return skip(['validator (no plugincheck2 on the PATH; PLUGINCHECK can name it)']);
    }
    const { tsImport } = await import('tsx/esm/api');
    const { writeArchive } = await tsImport('./archive.ts', import.meta.url);
    const { id } = JSON.parse(readFileSync(join(root, 'dist/plugin.json'), 'utf8'));
    const file = join(cache, `${id}.zip`);
    await writeArchive({ folder: join(root, 'dist'), name: id, time: new Date(), file });
    const source = copyOfSources();
    await check(validator, ['-sourceCodeUri', `file://${source}`, file])(name);
    rmSync(source, { recursive: true });
  },
  cases: jest(['--config', 'tests/cases/jest.config.mjs', '--runInBand']),
  falcosidekick: async (name) => {
    const program = ensureFalcosidekick();
    if (!program) {
      return skip(['falcosidekick (its Go module cannot be downloaded; FALCOSIDEKICK can name the program)']);
    }
    process.env.FALCOSIDEKICK = program;
    await jest(['--config', 'tests/sidekick/jest.config.mjs', '--runInBand'])(name);
  },
  e2e: async (name) => {
    // These tests start servers with settings of their own.
    if (grafanaUrl && !grafanaHome) {
      return skip([`${name} in the preview (GRAFANA_URL is set)`]);
    }
    await browser(jest(e2e))(name);
  },
  'e2e in a real grafana': async (name) => {
    if (!grafanaUrl && !grafanaHome) {
      return skip([`${name} (neither GRAFANA_URL nor GRAFANA_HOME is set)`]);
    }
    await browser(playwright('tests/real-grafana/playwright.config.ts'))(name);
  },
  'grafana 13 types': second(check('npx', ['tsc', '-p', '.'], { cwd: lane })),
  'grafana 13 deprecations': second(check('npx', ['eslint', 'src'], { cwd: lane })),
  'grafana 13 editors': second(jest([...unit, 'src/editor', 'src/module', 'src/datasource'], { cwd: lane })),
  'grafana 13 pages': browser(second(jest([...e2e, 'pages'], { cwd: lane }))),
};

/** Steps that run only if a word selects them. */
const optional = {
  'grafana 13 whole': async (name) => {
    await second(jest([...unit, 'src', 'dev/preview'], { cwd: lane }))(`${name}: unit tests`);
    await browser(second(jest(e2e, { cwd: lane })))(`${name}: browser tests`);
  },
};

const isSelected = ([name]) => words.some((word) => name.includes(word));
const selected =
  words.length === 0 ? Object.entries(steps) : Object.entries({ ...steps, ...optional }).filter(isSelected);
const inLane = selected.some(([name]) => name.startsWith('grafana 13'));
const laneInstalled = inLane && installLane().then((done) => done && (copySources(), true));
// Some tests compare the plugin with a real server.
if (selected.some(([name]) => name.includes('test') || name === 'cases' || name === 'e2e')) {
  ensurePrometheus();
  ensureVictoria();
  ensureNodeExporter();
}
for (const [name, step] of selected) {
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
