/**
 * The real Falcosidekick between a Falco and the alert receiver of the plugin's real backend. It runs with the settings that
 * the config editor offers to copy. FALCOSIDEKICK is the path of its program.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { parse } from 'yaml';
import { receiverManifests } from '../../src/editor/config/receiverManifests';
import { CaseServer, falco } from '../cases/server';
import { framesOf, noticesOf, Stage, valuesOf } from '../cases/stage';
import { freePort, until } from '../e2e/harness';

const secret = 'known-to-the-test';
const rule = 'Terminal shell in container';
const [arriving, tooLarge, lost] = [100, 10, 30];
const matches = arriving + tooLarge + lost;
/** Age of the alerts when they are sent, in seconds: the delivery time is in the bucket from 10 to 30 seconds. */
const age = 12;

function alert(changes: object = {}): string {
  return JSON.stringify({
    hostname: 'worker-1',
    output: 'A shell was spawned in a container',
    output_fields: {
      'container.id': 'a1b2c3d4e5f6',
      'evt.time': Date.now() * 1e6,
      'k8s.ns.name': null,
      'proc.name': 'sh',
    },
    priority: 'Notice',
    rule,
    source: 'syscall',
    tags: ['container', 'shell'],
    time: new Date(Date.now() - 1000 * age).toISOString().replace('Z', '123456Z'),
    ...changes,
  });
}

/** The settings of Falcosidekick from the manifests of the config editor, as its Helm chart passes them on. */
function environmentFor(receiver: string): NodeJS.ProcessEnv {
  const manifests = receiverManifests(receiver).map(({ text }) => text);
  const values = manifests.find((text) => text.includes('falcosidekick:'))!;
  const { config } = (
    parse(values) as {
      falcosidekick: { config: { webhook: { address: string }; extraEnv: Array<{ name: string }> } };
    }
  ).falcosidekick;
  const headers = /--from-literal=headers='(.*)'/.exec(manifests.join(''))![1]!;
  return {
    WEBHOOK_ADDRESS: config.webhook.address,
    [config.extraEnv[0]!.name]: headers.replace('SHARED_SECRET', secret).replace('SERVICE_ACCOUNT_TOKEN', 'token'),
  };
}

describe('Falcosidekick', () => {
  const server = new CaseServer();
  const stage = new Stage();
  let sidekick: ChildProcess | undefined;
  let url = '';
  let log = '';
  let matched = 0;

  const post = async (body: string) => (await fetch(url, { method: 'POST', body })).status;
  const promql = (expr: string) => stage.query('real', { queryType: 'promql', expr, instant: true });
  async function value(model: object): Promise<number> {
    const values = valuesOf(await stage.query('real', { instant: true, window: '10m', ...model }));
    return values.length === 1 ? values[0]!.value : NaN;
  }
  /** Waits until a query has one value, or for an error with the last one. */
  const shows = (model: object, wanted: number) =>
    until(`${JSON.stringify(model)} to be ${wanted}`, async () => {
      const now = await value(model);
      if (!(Math.abs(now - wanted) < 1e-9)) {
        throw new Error(`it is ${now}`);
      }
      return true;
    });

  beforeAll(async () => {
    await server.start();
    server.set('/falco', (elapsed) =>
      [
        falco(undefined, { host: 'worker-1', start: Date.now() - 3_600_000 })(elapsed) as string,
        ...(matched > 0
          ? [`falcosecurity_falco_rules_matches_total{rule_name="${rule}",priority="5",source="syscall"} ${matched}\n`]
          : []),
      ].join('')
    );
    const port = await freePort();
    url = `http://127.0.0.1:${port}/`;
    await stage.start(
      {
        real: {
          scrapeInterval: '1s',
          limits: { bodySizeLimit: '1MB' },
          receiver: { enabled: true },
          targets: [
            { url: `${server.url}/falco`, allowLoopback: true },
            { url: `${url}metrics`, kind: 'falcosidekick', allowLoopback: true, labels: { node: 'sidekick' } },
          ],
        },
      },
      { receiverSecret: secret }
    );
    sidekick = spawn(process.env['FALCOSIDEKICK'] ?? 'FALCOSIDEKICK is not set', [], {
      env: {
        ...environmentFor(`${stage.url}/api/datasources/uid/real/resources/alerts`),
        LISTENADDRESS: '127.0.0.1',
        LISTENPORT: String(port),
      },
    });
    const collect = (chunk: Buffer | string) => (log = (log + chunk.toString()).slice(-10_000));
    sidekick.stdout?.on('data', collect);
    sidekick.stderr?.on('data', collect);
    sidekick.on('error', (error) => collect(`${String(error)}\n`));
    await until('Falcosidekick', async () => ((await fetch(`${url}ping`)).ok ? true : undefined)).catch((error) => {
      throw new Error(`${String(error)}\n${log}`);
    });
    // A counter that is new counts with its whole value, without extrapolation.
    const seen = 'count_over_time({__name__=~"up|falco_alert_receiver_start_timestamp_seconds"}[1m]) >= 4';
    await until('some scrapes and recordings', async () =>
      valuesOf(await promql(`${seen} unless on (kind, node) up == 0`)).length === 3 ? true : undefined
    );
    matched = matches;
    for (let i = 0; i < arriving; i++) {
      expect(await post(alert())).toBe(200);
    }
    for (let i = 0; i < tooLarge; i++) {
      expect(await post(alert({ output: 'x'.repeat(1_100_000) }))).toBe(200);
    }
    const repeated = alert({ hostname: 'worker-2', rule: 'Repeated' });
    expect([await post(repeated), await post(repeated)]).toEqual([200, 200]);
    const reload = { rule: 'Falco internal: hot restart failure', source: 'internal', priority: 'Critical' };
    expect(await post(alert({ ...reload, output_fields: {} }))).toBe(400);
  });

  afterAll(async () => {
    if (sidekick?.pid !== undefined && sidekick.exitCode === null) {
      const gone = new Promise((done) => sidekick!.once('exit', done));
      sidekick.kill('SIGTERM');
      await gone;
    }
    await stage.stop();
    await server.stop();
  });

  it('forwards alerts with the secret in its header, and the receiver counts each once', async () => {
    const labels = `path="falcosidekick",node="worker-1",rule="${rule}",priority="Notice",source="syscall"`;
    await shows({ queryType: 'promql', expr: `sum(falco_alerts_received_total{${labels}})` }, arriving);
    const counts = `The alert receiver has received ${arriving + 2} alerts from 2 nodes. It refused ${tooLarge} requests: larger than limits.bodySizeLimit (${tooLarge}).`;
    await until(counts, async () => ((await stage.health('real')).includes(counts) ? true : undefined));
  });

  it('gives an alert that Falco sends again another UUID, so that it is no duplicate', async () => {
    await shows({ queryType: 'promql', expr: 'sum(falco_alerts_received_total{rule="Repeated"})' }, 2);
    expect(valuesOf(await promql('falco_alert_duplicates_total'))).toEqual([]);
  });

  it('exports metrics that the reader reads as they are', async () => {
    await shows(
      { queryType: 'promql', expr: 'sum(falcosecurity_falcosidekick_outputs_total)' },
      arriving + tooLarge + 2
    );
    const text = await (await fetch(`${url}metrics`)).text();
    const exported = [...text.matchAll(/^(falcosecurity_\w+)\{.*\} (\d+)$/gm)].map(
      ([, name, count]) => `${name} ${count}`
    );
    await until('the last scrape', async () => {
      const frames = framesOf(await promql('{__name__=~"falcosecurity_falcosidekick_.+"}'));
      const read = frames.flatMap(({ schema, data }) =>
        schema.fields.map(({ name }, column) => `${name} ${String(data.values[column]![0])}`)
      );
      expect(read.sort()).toEqual(exported.sort());
      return true;
    });
    expect(noticesOf(await stage.query('real', { signals: ['sidekick-up', 'sidekick-memory'], instant: true }))).toBe(
      ''
    );
    await shows({ signals: ['sidekick-up'] }, 1);
    expect(await value({ signals: ['sidekick-memory'] })).toBeGreaterThan(1e6);
  });

  it('shows the loss at every joint', async () => {
    await shows({ signals: ['loss-before-sidekick-ratio'] }, lost / matches);
    await shows({ signals: ['destination-error-ratio'] }, tooLarge / (arriving + tooLarge + 2));
    await shows({ signals: ['delivery-loss-ratio'] }, (lost + tooLarge) / matches);
  });

  it('shows how long the alerts took', async () => {
    const filters = [{ key: 'path', operator: '=', value: 'falcosidekick' }];
    const model = { signals: ['delivery-time-p95'], filters, instant: true, window: '10m' };
    const ofWorker = await until('the delivery time of worker-1', async () => {
      const seconds = valuesOf(await stage.query('real', model));
      return seconds.find(({ labels }) => labels['node'] === 'worker-1')?.value;
    });
    expect(ofWorker).toBeGreaterThan(10);
    expect(ofWorker).toBeLessThanOrEqual(30);
  });

  it('rejects Falco’s own message without output fields, but counts it', async () => {
    const rejected = 'falcosecurity_falcosidekick_inputs_total{status="rejected"}';
    await shows({ queryType: 'promql', expr: rejected }, 1);
    await shows({ signals: ['hot-reload-failures'] }, 1);
    expect(valuesOf(await promql('falco_alerts_received_total{source="internal"}'))).toEqual([]);
  });
});
