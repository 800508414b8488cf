/**
 * `npm start` installs what is missing, builds both sides, starts the simulated fleet and serves the shipped dashboards
 * at one address: in Grafana if it is installed, else in the preview.
 *
 * `npm start -- --target host:8765` scrapes these Falcos instead of a simulated fleet. `--target` can be repeated.
 *
 * Environment: PORT (default 3000), GRAFANA_HOME (the Grafana to use), FALCO_FLEET_ARGS (arguments for the fleet, e.g.
 * `--scenario outage`).
 */
import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { ensureGo, ensurePackages, onPath, root, step } from './setup.mjs';

const { target: targets = [] } = parseArgs({ options: { target: { type: 'string', multiple: true } } }).values;
const port = process.env.PORT ?? '3000';

/** Exits with advice when a port is in use. Called before the build, so that it fails early. */
async function ensureFree(number, advice) {
  const free = await new Promise((done) => {
    const probe = createServer();
    probe.once('error', () => done(false));
    probe.listen(number, '127.0.0.1', () => probe.close(() => done(true)));
  });
  if (!free) {
    console.error(`Port ${number} is in use. ${advice}`);
    process.exit(1);
  }
}

await ensureFree(Number(port), 'Stop the process that uses it, or choose another port: PORT=3001 npm start');
if (targets.length === 0) {
  await ensureFree(
    28760,
    'The simulated fleet needs port 28760 and those after it. If the fleet is already running, use `npm run preview -- --provisioning provisioning --port 3001`.'
  );
}
ensureGo();
ensurePackages();
step('Building the browser side', 'npm', ['run', '--silent', 'build']);
step('Building the backend for this platform', 'npm', ['run', '--silent', 'build:backend']);

const env = {
  ...process.env,
  FALCO_FLEET_HOST: '127.0.0.1',
  FALCO_DASHBOARDS: join(root, 'dist/dashboards'),
  FALCO_RECEIVER_ENABLED: 'true',
  FALCO_CANARY_RULE: 'Falco canary',
  FALCO_RECEIVER_SECRET: randomBytes(16).toString('hex'),
};
let provisioning = join(root, 'provisioning');
if (targets.length > 0) {
  const own = join(root, '.cache/provisioning');
  const { tsImport } = await import('tsx/esm/api');
  const { provisionTargets } = await tsImport('./target.ts', import.meta.url);
  provisionTargets(provisioning, own, targets);
  provisioning = own;
}

/** Returns the Grafana server to use: the one in GRAFANA_HOME, else the one on the PATH, else undefined. */
function findGrafana() {
  const home = process.env.GRAFANA_HOME;
  if (home) {
    const program = join(home, 'bin/grafana');
    if (!existsSync(program)) {
      console.error(`GRAFANA_HOME is ${home}, but ${program} does not exist.`);
      process.exit(1);
    }
    return { program, home };
  }
  const program = onPath('grafana');
  const packaged = '/usr/share/grafana';
  return program && existsSync(packaged) ? { program, home: packaged } : undefined;
}

async function grafanaCommand({ program, home }) {
  const { tsImport } = await import('tsx/esm/api');
  const { prepareGrafana } = await tsImport('./grafana.ts', import.meta.url);
  const data = join(root, '.cache/grafana');
  Object.assign(env, prepareGrafana({ data, plugin: join(root, 'dist'), provisioning, port }));
  return { command: program, args: ['server', '--homepath', home] };
}

const grafana = findGrafana();
if (!grafana) {
  step('Building the preview', process.execPath, ['--import', 'tsx', 'dev/preview/main.ts', '--build']);
}
const server = grafana
  ? await grafanaCommand(grafana)
  : {
      command: process.execPath,
      args: ['--import', 'tsx', 'dev/preview/main.ts', '--provisioning', provisioning, '--port', port],
    };
const fleet = {
  command: process.execPath,
  args: [
    ...['--import', 'tsx', 'dev/fleet/main.ts'],
    '--canary',
    ...['--alerts', `http://127.0.0.1:${port}/api/datasources/uid/falco-metrics/resources/alerts`],
    ...(process.env.FALCO_FLEET_ARGS?.split(' ').filter(Boolean) ?? []),
  ],
};

const programs = targets.length > 0 ? [server] : [fleet, server];
const children = programs.map(({ command, args }) => spawn(command, args, { cwd: root, env, stdio: 'inherit' }));
let closing = false;
function close(code) {
  if (!closing) {
    closing = true;
    process.exitCode = code;
    children.forEach((child) => child.kill('SIGTERM'));
  }
}
// Neither runs without the other: without the fleet the dashboards show only errors.
children.forEach((child) => child.on('exit', (code) => close(code ?? 0)));
process.on('SIGINT', () => close(0));
process.on('SIGTERM', () => close(0));

const address = `http://127.0.0.1:${port}`;
while (!closing && !(await fetch(`${address}/api/health`).catch(() => undefined))?.ok) {
  await new Promise((done) => setTimeout(done, 500));
}
if (!closing) {
  console.log(`\nDashboards: ${address}/d/falco-overview`);
  if (targets.length === 0) {
    console.log('To use your own Falcos: npm start -- --target HOST:8765\n');
  }
}
