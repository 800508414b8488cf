/**
 * Starts a simulated fleet in one scenario, and the preview, which runs the plugin's backend over Grafana's plugin protocol
 * with the shipped provisioning. If GRAFANA_HOME names the folder of a Grafana, that one is started instead.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { parse, stringify } from 'yaml';
import { type NodeTruth } from '../../dev/fleet/truth';
import { type GrafanaOptions, prepareGrafana } from '../../dev/grafana';

export const root = resolve(__dirname, '../..');

/** The folder of the Grafana with which the tests run; undefined: the preview. */
export const grafanaHome = process.env['GRAFANA_HOME'];

/** Repeats `probe` until it returns a value. A probe that throws is repeated as well. */
export async function until<T>(what: string, probe: () => Promise<T | undefined>, seconds = 60): Promise<T> {
  const end = Date.now() + seconds * 1000;
  let last: unknown;
  while (Date.now() < end) {
    try {
      const found = await probe();
      if (found !== undefined) {
        return found;
      }
    } catch (error) {
      last = error;
    }
    await new Promise((next) => setTimeout(next, 200));
  }
  throw new Error(`waited ${seconds} s for ${what}${last ? `; last error: ${String(last)}` : ''}`);
}

const reserved = new Set<number>();

/** The first of 50 ports below the ephemeral range. No two calls return the same. */
function block(): number {
  const port = 12_000 + 50 * Math.floor(300 * Math.random());
  return reserved.has(port) ? block() : port;
}

/** A port that was free a moment ago. The `room` ports after it (49 at most) are probably free as well. */
export async function freePort(room = 0): Promise<number> {
  for (;;) {
    const wanted = room > 0 ? block() : 0;
    reserved.add(wanted);
    const port = await new Promise<number>((done) => {
      const server = createServer();
      server.on('error', () => done(0));
      server.listen(wanted, '127.0.0.1', () => {
        const address = server.address();
        server.close(() => done(typeof address === 'object' && address ? address.port : 0));
      });
    });
    if (port > 0) {
      return port;
    }
  }
}

interface Started {
  process: ChildProcess;
  log: () => string;
}

/** Starts a TypeScript program of the project. */
const start = (name: string, args: string[], env: NodeJS.ProcessEnv) =>
  startProgram(name, process.execPath, ['--import', 'tsx', ...args], env);

/** Starts the Grafana in the folder `home`. */
export const startGrafana = (home: string, options: GrafanaOptions, env: NodeJS.ProcessEnv = {}) =>
  startProgram('grafana', join(home, 'bin/grafana'), ['server', '--homepath', home], {
    ...prepareGrafana(options),
    ...env,
  });

function startProgram(name: string, program: string, args: string[], env: NodeJS.ProcessEnv): Started {
  const child = spawn(program, args, {
    cwd: root,
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let text = '';
  const collect = (chunk: Buffer) => {
    text = (text + chunk.toString()).slice(-1_000_000);
  };
  child.stdout.on('data', collect);
  child.stderr.on('data', collect);
  child.on('exit', (code) => {
    text += `\n${name} ended with code ${code}`;
  });
  return { process: child, log: () => text };
}

/** Terminates a process and waits until it has exited. */
export async function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode === null && child.signalCode === null) {
    const gone = new Promise((done) => child.once('exit', done));
    child.kill('SIGTERM');
    await gone;
  }
}

/** The target that lists the Falcos of one cluster of the fleet. */
export interface ClusterTarget {
  cluster: string;
  memoryLimit?: string;
  expectedInstances?: number;
}

/** Replaces the shipped target that lists the whole fleet. */
function setClusters(sources: { datasources: Array<{ jsonData: { targets: object[] } }> }, clusters: ClusterTarget[]) {
  for (const { jsonData } of sources.datasources) {
    const [whole = {}, ...others] = jsonData.targets as Array<{ url?: string }>;
    const listed = clusters.map(({ cluster, ...settings }) => ({
      ...whole,
      url: `${whole.url}?cluster=${cluster}`,
      labels: { cluster },
      ...settings,
    }));
    jsonData.targets = [...listed, ...others];
  }
}

/** The shipped provisioning with the ports of the fleet, and with the scrape interval and other settings of the test. */
function provisioningFor(fleetPort: number, interval: string, clusters: ClusterTarget[], settings: object): string {
  const folder = mkdtempSync(join(tmpdir(), 'falco-provisioning-'));
  cpSync(join(root, 'provisioning'), folder, { recursive: true });
  const sources = join(folder, 'datasources');
  for (const name of readdirSync(sources)) {
    const file = join(sources, name);
    const text = readFileSync(file, 'utf8')
      .replaceAll('28760', String(fleetPort))
      .replaceAll('28761', String(fleetPort + 1))
      .replace(/scrapeInterval: .*/, `scrapeInterval: ${interval}`);
    const content = parse(text) as Parameters<typeof setClusters>[0];
    if (clusters.length > 0) {
      setClusters(content, clusters);
    }
    const { targets = [], secureJsonData, ...others } = settings as { targets?: object[]; secureJsonData?: object };
    for (const source of content.datasources) {
      Object.assign(source, { editable: true }, secureJsonData && { secureJsonData });
      const { jsonData } = source;
      Object.assign(jsonData, others);
      jsonData.targets.push(...targets);
    }
    writeFileSync(file, stringify(content));
  }
  return folder;
}

export interface Stage {
  /** Address of the preview. */
  url: string;
  fleet: string;
  truth: (from: number, to: number) => Promise<Truth>;
  /** POST /api/ds/query, with the headers that Grafana's alerting adds when `alert` is set. */
  query: (queries: object[], range: { from: string; to: string }, alert?: boolean) => Promise<QueryResults>;
  log: () => string;
  close: () => Promise<void>;
}

/** The true state of the simulated nodes between two times, in milliseconds since 1970. */
export interface Truth {
  from: number;
  to: number;
  nodes: NodeTruth[];
}

export interface Frame {
  schema: {
    name?: string;
    meta?: { type?: string; notices?: Array<{ severity: string; text: string }>; executedQueryString?: string };
    fields: Array<{ name: string; type: string; labels?: Record<string, string>; config?: Record<string, unknown> }>;
  };
  data: { values: unknown[][] };
}

export type QueryResults = Record<string, { status: number; error?: string; frames?: Frame[] }>;

export interface StageOptions {
  /** The fleet posts its alerts to the alert receiver, whose secret is in the settings. */
  postAlerts?: boolean;
  /** Level from which on the log of the stage has the lines of the plugin. */
  logLevel?: 'debug' | 'warn';
}

/** The path of the alert receiver of the provisioned data source. */
export const receiverPath = '/api/datasources/uid/falco-metrics/resources/alerts';

/**
 * Starts a fleet in `scenario` and a preview of it. `clusters` replaces the target of the whole fleet by one for each
 * cluster. The default interval keeps tests short. `settings` is added to jsonData, its targets to the others, and its
 * secureJsonData to the data source; a function receives the first port of the fleet.
 */
export async function setStage(
  scenario: string,
  clusters: ClusterTarget[] = [],
  interval = '1s',
  settings: object | ((fleetPort: number) => Promise<object>) = {},
  { postAlerts = false, logLevel = 'warn' }: StageOptions = {}
): Promise<Stage> {
  const fleetPort = await freePort(40);
  const port = await freePort();
  const more = typeof settings === 'function' ? await settings(fleetPort) : settings;
  const provisioning = provisioningFor(fleetPort, interval, clusters, more);
  const url = `http://127.0.0.1:${port}`;
  const alerts = postAlerts ? ['--alerts', `${url}${receiverPath}`] : [];
  const fleetArgs = ['--port', String(fleetPort), '--scenario', scenario, ...alerts];
  const fleet = start('fleet', ['dev/fleet/main.ts', ...fleetArgs], {
    FALCO_RECEIVER_SECRET: (more as { secureJsonData?: { receiverSecret?: string } }).secureJsonData?.receiverSecret,
  });
  const variables = { FALCO_FLEET_HOST: '127.0.0.1', FALCO_DASHBOARDS: join(root, 'dist/dashboards') };
  const previewArgs = ['--provisioning', provisioning, '--port', String(port), '--log-level', logLevel];
  const data = join(provisioning, 'data');
  const preview = grafanaHome
    ? startGrafana(
        grafanaHome,
        { data, plugin: join(root, 'dist'), provisioning, port },
        { ...variables, GF_LOG_LEVEL: logLevel }
      )
    : start('preview', ['dev/preview/main.ts', ...previewArgs], variables);
  const log = () => `fleet:\n${fleet.log()}\n${grafanaHome ? 'grafana' : 'preview'}:\n${preview.log()}`;
  const fleetUrl = `http://127.0.0.1:${fleetPort}`;
  const close = async () => {
    await Promise.all([stop(fleet.process), stop(preview.process)]);
    rmSync(provisioning, { recursive: true, force: true });
  };
  const ready = (address: string) => async () => ((await fetch(address)).ok ? true : undefined);
  try {
    await until('the fleet', ready(`${fleetUrl}/healthz`), 30);
    await until('the preview', ready(`${url}/api/health`), 120);
  } catch (error) {
    await close();
    throw new Error(`${String(error)}\n${log()}`);
  }
  return {
    url,
    fleet: fleetUrl,
    log,
    close,
    truth: async (from, to) => (await fetch(`${fleetUrl}/truth?from=${from}&to=${to}`)).json() as Promise<Truth>,
    query: async (queries, range, alert = false) => {
      const response = await fetch(`${url}/api/ds/query`, {
        method: 'POST',
        headers: { 'Content-Type': 'application/json', ...(alert ? { FromAlert: 'true' } : {}) },
        body: JSON.stringify({ ...range, queries }),
      });
      const { results } = (await response.json()) as { results: QueryResults };
      return results;
    },
  };
}
