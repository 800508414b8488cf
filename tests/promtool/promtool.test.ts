/**
 * Unit tests of the Prometheus rules with their real durations. They are skipped without promtool, which is part of
 * Prometheus.
 *
 * @jest-environment node
 */
import { spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parse } from 'yaml';

const rulesFile = 'provisioning/prometheus/falco.rules.yaml';
const samples = 'tests/corpora/slow-crash-loop.om';
const cases = readdirSync(__dirname).filter((name) => name.endsWith('.yaml'));
const installed = spawnSync('promtool', ['--version']).status === 0;
const withPromtool = installed ? it : it.skip;

function promtool(...args: string[]): { status: number | null; output: string } {
  const { status, stdout, stderr } = spawnSync('promtool', args, { encoding: 'utf8' });
  return { status, output: stdout + stderr };
}

withPromtool('promtool takes the rule file', () => {
  const { status, output } = promtool('check', 'rules', rulesFile);
  expect(output).toContain('SUCCESS');
  expect(status).toBe(0);
});

withPromtool.each(cases)(
  'promtool test rules %s',
  (name) => {
    const { status, output } = promtool('test', 'rules', `${__dirname}/${name}`);
    expect([status, output]).toEqual([0, expect.stringContaining('SUCCESS')]);
  },
  300_000
);

function freePort(): Promise<number> {
  const server = createServer();
  return new Promise((resolve) =>
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address() as AddressInfo;
      server.close(() => resolve(port));
    })
  );
}

interface RecordOrAlert {
  record?: string;
  alert?: string;
  expr: string;
}

/** Returns the instances for which an alert fires at a time, with recorded signals in place of their names. */
async function firing(url: string, alert: string, seconds: number): Promise<string[]> {
  const { groups } = parse(readFileSync(rulesFile, 'utf8')) as { groups: Array<{ rules: RecordOrAlert[] }> };
  const rules = groups.flatMap((group) => group.rules);
  const expr = rules
    .filter(({ record }) => record)
    .reduce(
      (text, { record = '', expr: recorded }) => text.replaceAll(record, `(${recorded})`),
      rules.find((rule) => rule.alert === alert)!.expr
    );
  const query = new URLSearchParams({ query: expr, time: String(seconds) });
  const answer = (await (await fetch(`${url}/api/v1/query?${query}`)).json()) as {
    data?: { result: Array<{ metric: { instance: string } }> };
    error?: string;
  };
  if (!answer.data) {
    throw new Error(answer.error);
  }
  return answer.data.result.map(({ metric }) => metric.instance);
}

// The same samples as in tests/slow_crash_loop_test.go.
withPromtool(
  'Prometheus finds a Falco that restarts every 36 minutes',
  async () => {
    const folder = mkdtempSync(join(tmpdir(), 'falco-promtool-'));
    const data = join(folder, 'data');
    const { status, output } = promtool('tsdb', 'create-blocks-from', 'openmetrics', samples, data);
    expect([status, output]).toEqual([0, expect.any(String)]);
    const config = join(folder, 'prometheus.yml');
    writeFileSync(config, '');
    const port = await freePort();
    const server = spawn('prometheus', [
      `--config.file=${config}`,
      `--storage.tsdb.path=${data}`,
      '--storage.tsdb.retention.time=100y',
      `--web.listen-address=127.0.0.1:${port}`,
    ]);
    const ended = new Promise((resolve) => server.once('exit', resolve));
    try {
      const url = `http://127.0.0.1:${port}`;
      let ready = false;
      while (!ready && server.exitCode === null) {
        ready = await fetch(`${url}/-/ready`).then(
          ({ ok }) => ok,
          () => false
        );
        await new Promise((resolve) => setTimeout(resolve, 100));
      }
      const end = Number(readFileSync(samples, 'utf8').trimEnd().split('\n').at(-2)!.split(' ').at(-1));
      expect(await firing(url, 'FalcoRecurringRestarts', end)).toEqual(['worker-1']);
      expect(await firing(url, 'FalcoRecurringRestarts', end - 4 * 3600)).toEqual([]);
      expect(await firing(url, 'FalcoCrashLoop', end)).toEqual([]);
    } finally {
      server.kill('SIGKILL');
      await ended;
      rmSync(folder, { recursive: true, force: true });
    }
  },
  300_000
);

it('every alert is expected in some case', () => {
  const { groups } = parse(readFileSync(rulesFile, 'utf8')) as { groups: Array<{ rules: Array<{ alert?: string }> }> };
  const alerts = groups.flatMap(({ rules }) => rules.flatMap(({ alert }) => alert ?? []));
  const all = cases.map((name) => readFileSync(`${__dirname}/${name}`, 'utf8')).join('');
  // FalcoMissingInstances is tested by name there, and its samples only have the cluster.
  const expected = [...all.matchAll(/alertname="(\w+)"/g)].map(([, name]) => name);
  expect(alerts.filter((alert) => !expected.includes(alert))).toEqual([]);
});
