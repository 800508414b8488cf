/** A real Prometheus that scrapes the simulated fleet. It can be killed and restarted with its data. */
import { type ChildProcess, execFileSync, spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { stringify } from 'yaml';
import { freePort, root, until } from './harness';

/** The version of the Prometheus on the PATH; empty if there is none. */
export const prometheusVersion =
  /version (\S+)/.exec(spawnSync('prometheus', ['--version'], { encoding: 'utf8' }).stdout ?? '')?.[1] ?? '';

export class Prometheus {
  private process?: ChildProcess;
  private readonly folder = mkdtempSync(join(tmpdir(), 'falco-prometheus-'));

  private constructor(
    private readonly port: number,
    /** The end of its standard error. */
    private text = ''
  ) {}

  /** Scrapes the fleet with this control port, and evaluates the shipped rules. */
  static async scraping(fleetPort: number, interval: string): Promise<Prometheus> {
    return Prometheus.running((port) => ({
      global: { scrape_interval: interval, scrape_timeout: interval, evaluation_interval: interval },
      scrape_configs: [
        {
          job_name: 'falco',
          // The limits that the plugin exports.
          body_size_limit: '16MB',
          sample_limit: 20_000,
          label_value_length_limit: 1024,
          http_sd_configs: [{ url: `http://127.0.0.1:${fleetPort}/targets`, refresh_interval: '2s' }],
        },
        { job_name: 'falcosidekick', static_configs: [{ targets: [`127.0.0.1:${fleetPort + 1}`] }] },
        { job_name: 'prometheus', static_configs: [{ targets: [`127.0.0.1:${port}`] }] },
      ],
      rule_files: [join(root, 'provisioning/prometheus/falco.rules.yaml')],
    }));
  }

  /** Starts a server with a configuration, which may contain its port. */
  static async running(configure: (port: number) => object): Promise<Prometheus> {
    const server = new Prometheus(await freePort());
    writeFileSync(join(server.folder, 'prometheus.yml'), stringify(configure(server.port)));
    await server.start();
    return server;
  }

  /** Starts a server that scrapes nothing and has these samples: lines of OpenMetrics, each series in order of time. */
  static async storing(lines: string[]): Promise<Prometheus> {
    const server = new Prometheus(await freePort());
    writeFileSync(join(server.folder, 'prometheus.yml'), stringify({}));
    const samples = join(server.folder, 'samples.om');
    writeFileSync(samples, [...lines, '# EOF', ''].join('\n'));
    const create = ['tsdb', 'create-blocks-from', 'openmetrics', samples, join(server.folder, 'data')];
    execFileSync('promtool', create, { stdio: 'pipe' });
    await server.start();
    return server;
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  /** The current values of an expression, by instance. */
  async instant(expr: string): Promise<Map<string, number>> {
    const response = await fetch(`${this.url}/api/v1/query?query=${encodeURIComponent(expr)}`);
    const { data } = (await response.json()) as {
      data: { result: Array<{ metric: { instance: string }; value: [number, string] }> };
    };
    return new Map(data.result.map(({ metric, value }) => [metric.instance, Number(value[1])]));
  }

  /** Starts the server with the data it has stored. */
  async start(): Promise<void> {
    const child = spawn('prometheus', [
      `--config.file=${join(this.folder, 'prometheus.yml')}`,
      `--storage.tsdb.path=${join(this.folder, 'data')}`,
      `--web.listen-address=127.0.0.1:${this.port}`,
      '--log.level=error',
    ]);
    child.stderr.on('data', (chunk: Buffer) => (this.text = (this.text + chunk.toString()).slice(-10_000)));
    this.process = child;
    await until(
      `Prometheus (${this.text})`,
      async () => ((await fetch(`${this.url}/-/ready`)).ok ? true : undefined),
      30
    );
  }

  /** Kills the server, as in a crash. */
  async kill(): Promise<void> {
    const child = this.process;
    if (child && child.exitCode === null && child.signalCode === null) {
      const gone = new Promise((done) => child.once('exit', done));
      child.kill('SIGKILL');
      await gone;
    }
  }

  async close(): Promise<void> {
    await this.kill();
    rmSync(this.folder, { recursive: true, force: true });
  }
}
