/**
 * What the alert receiver of the real backend must refuse, and what must never leave it. The backend runs over Grafana's plugin
 * protocol and logs at its most verbose level.
 */
import { randomBytes, randomUUID } from 'node:crypto';
import { receiverPath, setStage, type Stage, until } from './harness';

const secret = 'known to the test';
/** Stands in every text of an alert that must not be kept. */
const marker = `marker-${randomBytes(8).toString('hex')}`;
const rateLimit = 500;
const seriesLimit = 50;

function alert(changes: object = {}): object {
  return {
    uuid: randomUUID(),
    hostname: 'worker-1',
    output: `A shell was spawned ${marker}`,
    output_fields: { 'proc.cmdline': marker, 'user.name': marker },
    priority: 'Notice',
    rule: 'A rule',
    source: 'syscall',
    tags: [marker],
    time: new Date().toISOString(),
    ...changes,
  };
}

describe('The alert receiver', () => {
  let stage: Stage;
  const responses: string[] = [];

  async function post(
    body: string | Uint8Array<ArrayBuffer>,
    headers: Record<string, string> = { 'X-Falco-Receiver-Secret': secret }
  ) {
    const response = await fetch(`${stage.url}${receiverPath}`, { method: 'POST', body, headers });
    responses.push(await response.text());
    return response.status;
  }
  const send = (value: object) => post(JSON.stringify(value));
  /** Sends again as long as the limit on alerts per second is exceeded. */
  const sendPatiently = (value: object) =>
    until('a place', async () => {
      const status = await send(value);
      return status === 429 ? undefined : status;
    });

  async function value(expr: string): Promise<number> {
    const now = Date.now();
    const datasource = { type: 'falco-metrics-datasource', uid: 'falco-metrics' };
    const query = { refId: 'A', datasource, queryType: 'promql', expr, instant: true, intervalMs: 1000 };
    const results = await stage.query([query], { from: String(now - 60_000), to: String(now) });
    return Number(results['A']?.frames?.[0]?.data.values.at(-1)?.[0] ?? NaN);
  }
  const counts = (expr: string, wanted: number) =>
    until(`${expr} to be ${wanted}`, async () => ((await value(expr)) === wanted ? true : undefined));
  const refused = (reason: string) => `falco_alert_receiver_refused_requests_total{reason="${reason}"}`;

  beforeAll(async () => {
    stage = await setStage(
      'healthy',
      [],
      '1s',
      {
        receiver: { enabled: true, rateLimit, seriesLimit },
        limits: { bodySizeLimit: '1MB' },
        secureJsonData: { receiverSecret: secret },
      },
      { logLevel: 'debug' }
    );
    await until('the targets', async () => ((await value('count(up{kind=""} == 1)')) === 8 ? true : undefined));
  });

  afterAll(async () => stage?.close());

  it('accepts alerts', async () => {
    expect(await send(alert())).toBe(204);
    expect(await send([alert(), alert()])).toBe(204);
    await counts('sum(falco_alerts_received_total)', 3);
  });

  it('refuses requests without the shared secret, whatever their body', async () => {
    const guesses: Array<Record<string, string>> = [
      {},
      { 'X-Falco-Receiver-Secret': '' },
      { 'X-Falco-Receiver-Secret': 'guess' },
    ];
    for (const headers of guesses) {
      for (const body of [JSON.stringify(alert()), 'x'.repeat(900_000), '']) {
        expect(await post(body, headers)).toBe(401);
      }
    }
    await counts(refused('secret'), 9);
    await counts('sum(falco_alerts_received_total)', 3);
  });

  it('refuses garbage', async () => {
    const garbage = [
      '',
      marker,
      `{"rule": "${marker}`,
      'null',
      '[null]',
      '{"rule": 1}',
      JSON.stringify({ ...alert(), time: marker }),
      JSON.stringify({ ...alert(), rule: '' }),
      JSON.stringify({ ...alert(), rule: marker.repeat(100) }),
      '['.repeat(100_000),
      `{"output_fields": ${'{"a":'.repeat(50_000)}`,
      new Uint8Array([0, 0xff, 0xfe, 0x80]),
      JSON.stringify(Array.from({ length: 10_001 }, () => ({ rule: 'r', time: '2026-01-01T00:00:00Z' }))),
    ];
    for (const body of garbage) {
      expect([String(body).slice(0, 40), await post(body)]).toEqual([String(body).slice(0, 40), 400]);
    }
    await counts(refused('format'), garbage.length);
  });

  it('refuses huge bodies', async () => {
    expect(await send({ ...alert(), output: marker.repeat(100_000) })).toBe(413);
    await counts(refused('size'), 1);
  });

  it('counts a replayed alert once', async () => {
    const through = alert({ rule: 'Replayed' });
    const direct = alert({ rule: 'Replayed', uuid: undefined });
    for (let i = 0; i < 10; i++) {
      expect([await sendPatiently(through), await sendPatiently(direct)]).toEqual([204, 204]);
    }
    await counts('sum(falco_alerts_received_total{rule="Replayed"})', 2);
    await counts('sum(falco_alert_duplicates_total)', 18);
  });

  it('counts forged names up to its limit on series', async () => {
    const before = await value('count(falco_alerts_received_total)');
    const forged = Array.from({ length: 200 }, (_, i) => alert({ rule: `Forged ${i}`, hostname: `host-${i}` }));
    expect(await sendPatiently(forged)).toBe(204);
    await counts('count(falco_alerts_received_total)', seriesLimit);
    await counts('falco_alert_receiver_uncounted_alerts_total', 200 - (seriesLimit - before));
  });

  it('refuses a flood without disturbing scrapes', async () => {
    const scrapes = 'sum(count_over_time(up{kind=""}[10m]))';
    const [scrapedBefore, acceptedBefore] = [await value(scrapes), await value('sum(falco_alerts_received_total)')];
    const began = Date.now();
    let [accepted, tooMany] = [0, 0];
    const flood = async () => {
      while (Date.now() - began < 10_000) {
        const status = await send(Array.from({ length: 50 }, () => alert()));
        accepted += status === 204 ? 50 : 0;
        tooMany += status === 429 ? 1 : 0;
        expect([204, 429]).toContain(status);
      }
    };
    await Promise.all(Array.from({ length: 10 }, flood));
    const seconds = (Date.now() - began) / 1000;
    expect(accepted).toBeLessThanOrEqual(rateLimit * (seconds + 1));
    expect(tooMany).toBeGreaterThan(0);
    await counts('sum(falco_alerts_received_total)', acceptedBefore + accepted);
    await counts(refused('rate'), tooMany);
    // Every Falco is scraped once a second: a scrape in two, so that a busy machine is no fault of the receiver.
    expect((await value(scrapes)) - scrapedBefore).toBeGreaterThan((8 * seconds) / 2);
    expect(await value('min(min_over_time(up{kind=""}[10m]))')).toBe(1);
  });

  it('never tells, logs or keeps the text of an alert', async () => {
    expect(responses.length).toBeGreaterThan(50);
    expect(responses.filter((text) => text.includes(marker))).toEqual([]);
    // The log has lines of the most verbose level, and none of the texts.
    expect(stage.log()).toMatch(/debug/i);
    expect(stage.log()).not.toContain(marker);
    const health = await (await fetch(`${stage.url}/api/datasources/uid/falco-metrics/health`)).text();
    expect(health).toContain('refused');
    expect(health).not.toContain(marker);
    const everything = await stage.query(
      [
        {
          refId: 'A',
          datasource: { type: 'falco-metrics-datasource', uid: 'falco-metrics' },
          queryType: 'promql',
          expr: '{__name__=~"falco_alert.+"}',
          instant: true,
          intervalMs: 1000,
        },
      ],
      { from: String(Date.now() - 60_000), to: String(Date.now()) }
    );
    const text = JSON.stringify(everything);
    expect(text).toContain('Replayed');
    expect(text).not.toContain(marker);
  });
});
