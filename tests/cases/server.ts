import { readdirSync, readFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import { type AddressInfo } from 'node:net';
import { join } from 'node:path';

const folder = join(__dirname, '../corpora/cases');

/** A response body, or how a response fails. It is called once per request; `elapsed` are the seconds since the first one. */
export type Answer = (elapsed: number) => string | { status: number; body?: string } | 'cut off';

/** Serves one answer per path, which a test can replace at any time. */
export class CaseServer {
  private readonly answers = new Map<string, { answer: Answer; since?: number; requests: number }>();
  private server?: Server;
  url = '';

  async start(port = 0): Promise<void> {
    const server = createServer((request, response) => {
      const entry = this.answers.get(request.url ?? '');
      if (!entry) {
        response.writeHead(404).end();
        return;
      }
      const now = Date.now() / 1000;
      entry.since ??= now;
      entry.requests++;
      const answer = entry.answer(now - entry.since);
      if (answer === 'cut off') {
        response.writeHead(200, { 'Content-Type': 'text/plain; version=0.0.4', 'Content-Length': 10_000 });
        response.write('falcosecurity_falco_version_info{version="0.44.1"} 1\nfalco', () => request.socket.destroy());
      } else if (typeof answer === 'string') {
        response.writeHead(200, { 'Content-Type': 'text/plain; version=0.0.4' }).end(answer);
      } else {
        response.writeHead(answer.status, { 'Content-Type': 'application/json' }).end(answer.body);
      }
    });
    this.server = server;
    await new Promise<void>((done, failed) => {
      server.on('error', failed);
      server.listen(port, '127.0.0.1', done);
    });
    this.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  }

  /** Sets the answer at a path. */
  set(path: string, answer: Answer): void {
    const { since, requests = 0 } = this.answers.get(path) ?? {};
    this.answers.set(path, { answer, since, requests });
  }

  /** How often a path was requested. */
  requests(path: string): number {
    return this.answers.get(path)?.requests ?? 0;
  }

  async stop(): Promise<void> {
    this.server?.closeAllConnections();
    await new Promise((done) => (this.server ? this.server.close(done) : done(undefined)));
  }
}

const texts = new Map(readdirSync(folder).map((name) => [name, readFileSync(join(folder, name), 'utf8')]));

/** A file of tests/corpora/cases after some seconds. */
function read(file: string, elapsed: number): string {
  return texts
    .get(file)!
    .replace(/(\d+)\+([\d.]+)\/s$/gm, (_, start: string, rate: string) =>
      String(Math.floor(Number(start) + Number(rate) * elapsed))
    );
}

/** A Falcosidekick, or another program, that exports a file. */
export const file =
  (name: string): Answer =>
  (elapsed) =>
    read(`${name}.prom`, elapsed);

export interface Process {
  host: string;
  /** When it started, in milliseconds since 1970. */
  start: number;
  /** How far its clock is ahead, in seconds. */
  ahead?: number;
}

/** A Falco that exports a file besides what every Falco exports. */
export const falco =
  (name: string | undefined, { host, start, ahead = 0 }: Process): Answer =>
  (elapsed) =>
    read('falco.prom', elapsed)
      .replaceAll('HOST', host)
      .replaceAll('START', `${Math.round(start + ahead * 1000)}000000`)
      .replace('UPTIME', String(Math.floor((Date.now() - start) / 1000))) + (name ? read(`${name}.prom`, elapsed) : '');
