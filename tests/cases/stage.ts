/** The plugin's backend in the preview's host, with a data source for every case, and a Prometheus that scrapes the same. */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { stringify } from 'yaml';
import { type Frame, freePort, type QueryResults, root, until } from '../e2e/harness';

const type = 'falco-metrics-datasource';

export type Result = QueryResults[string];

export interface Sources {
  /** jsonData by uid. */
  [uid: string]: object;
}

export class Stage {
  private host?: ChildProcess;
  private text = '';
  private readonly folder = mkdtempSync(join(tmpdir(), 'falco-cases-'));
  url = '';

  /** Builds the preview's host and starts it with data sources. `secureJsonData` is that of all of them. */
  async start(sources: Sources, secureJsonData: Record<string, string> = {}): Promise<void> {
    const binary = join(root, '.cache/preview/host');
    mkdirSync(join(binary, '..'), { recursive: true });
    execFileSync('go', ['build', '-o', binary, '.'], { cwd: join(root, 'dev/preview') });
    mkdirSync(join(this.folder, 'datasources'));
    const datasources = Object.entries(sources).map(([uid, jsonData]) => ({
      ...{ uid, name: uid, type },
      ...{ jsonData, secureJsonData },
    }));
    writeFileSync(join(this.folder, 'datasources/cases.yaml'), stringify({ apiVersion: 1, datasources }));
    const port = await freePort();
    this.host = spawn(binary, ['--with-parent', '--port', String(port), '--provisioning', this.folder], { cwd: root });
    this.host.stderr?.on('data', (chunk: Buffer) => (this.text = (this.text + chunk.toString()).slice(-10_000)));
    this.url = `http://127.0.0.1:${port}`;
    const ready = async () => ((await fetch(`${this.url}/api/health`)).ok ? true : undefined);
    await until('the host', ready, 120).catch((error: unknown) => {
      throw new Error(`${String(error)}\n${this.text}`);
    });
  }

  async stop(): Promise<void> {
    if (this.host && this.host.exitCode === null) {
      const gone = new Promise((done) => this.host!.once('exit', done));
      this.host.kill('SIGTERM');
      await gone;
    }
    rmSync(this.folder, { recursive: true, force: true });
  }

  /** Sends a query for a range of milliseconds since 1970; default: the last minute. */
  async query(uid: string, model: object, from = Date.now() - 60_000, to = Date.now()): Promise<Result> {
    const query = { refId: 'A', datasource: { type, uid }, intervalMs: 1000, maxDataPoints: 1000, ...model };
    const response = await fetch(`${this.url}/api/ds/query`, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify({ from: String(Math.round(from)), to: String(Math.round(to)), queries: [query] }),
    });
    return ((await response.json()) as { results: QueryResults }).results['A']!;
  }

  /** The message and the details of Save & test. */
  async health(uid: string): Promise<string> {
    const response = await fetch(`${this.url}/api/datasources/uid/${uid}/health`);
    const { message = '', details } = (await response.json()) as {
      message?: string;
      details?: { message?: string; verboseMessage?: string };
    };
    return [message, details?.message ?? '', details?.verboseMessage ?? ''].join('\n').trim();
  }
}

export const framesOf = ({ frames = [] }: Result): Frame[] => frames;

export const noticesOf = (result: Result): string =>
  [result.error ?? '', ...framesOf(result).flatMap(({ schema }) => schema.meta?.notices?.map(({ text }) => text) ?? [])]
    .join('\n')
    .trim();

/** The rows of a table, as text by column. */
export const rowsOf = (result: Result): Array<Record<string, string>> =>
  framesOf(result).flatMap(({ schema, data }) =>
    (data.values[0] ?? []).map((_, row) =>
      Object.fromEntries(schema.fields.map(({ name }, column) => [name, String(data.values[column]?.[row] ?? '')]))
    )
  );

/** The last value of every series, with its labels. */
export const valuesOf = (result: Result): Array<{ labels: Record<string, string>; value: number }> =>
  framesOf(result).flatMap(({ schema, data }) =>
    schema.fields.flatMap(({ type: kind, labels = {} }, column) =>
      kind === 'number' && data.values[column]!.length > 0
        ? [{ labels, value: Number(data.values[column]!.at(-1)) }]
        : []
    )
  );

/** All points of the first series. */
export const pointsOf = (result: Result): Array<[number, number]> => {
  const [times = [], values = []] = framesOf(result)[0]?.data.values ?? [];
  return times.map((time, i): [number, number] => [Number(time), Number(values[i])]);
};
