/** Alerts of known delays, posted to the alert receiver of the plugin's backend: the signals must agree with the truth. */
import { Delivery, type DeliveryTruth } from '../../dev/fleet/delivery';
import { OBJECTIVES } from '../../src/editor/config/receiverManifests';
import { parseDuration } from '../../src/signals/window';
import { setStage, type Stage, until } from './harness';

const datasource = { type: 'falco-metrics-datasource', uid: 'falco-metrics' };
const bounds = [0, ...OBJECTIVES.map((bound) => parseDuration(bound)! / 1000)];
/** Alerts of each node: the 95th percentile then rests on ten alerts above it. */
const RAISED = 200;

describe('Delivery', () => {
  let stage: Stage;
  let truth: DeliveryTruth[];

  async function query(model: object): Promise<Map<string, number>> {
    const now = Date.now();
    const results = await stage.query([{ refId: 'A', datasource, instant: true, intervalMs: 1000, ...model }], {
      from: String(now - 300_000),
      to: String(now),
    });
    return new Map(
      (results['A']?.frames ?? []).flatMap(({ schema, data }) =>
        schema.fields.flatMap(({ labels }, i) =>
          labels?.['node'] ? [[labels['node'], Number(data.values[i]?.[0])] as const] : []
        )
      )
    );
  }

  beforeAll(async () => {
    const secret = 'known to the test';
    stage = await setStage('demo', [], '1s', {
      receiver: { enabled: true },
      secureJsonData: { receiverSecret: secret },
    });
    const url = `${stage.url}/api/datasources/uid/falco-metrics/resources/alerts`;
    // The receiver records from the first request on; what it counts later is new to the history.
    await until('the targets', async () => ((await query({ signals: ['up'] })).size === 8 ? true : undefined));
    const { nodes } = await stage.truth(Date.now() - 1000, Date.now());
    const names = nodes.map(({ node }) => node);
    const delivery = new Delivery({ url, secret, seed: 'falco', nodes: names, perSecond: 20, now: Date.now });
    await until('alerts of every node', async () =>
      delivery.truth().every(({ raised }) => raised >= RAISED) ? true : undefined
    );
    await delivery.close();
    truth = delivery.truth();
  });

  afterAll(async () => stage?.close());

  it('counts every alert once, and duplicates', async () => {
    expect(truth.map(({ failed }) => failed)).toEqual(truth.map(() => 0));
    const sum = (metric: string) => query({ queryType: 'promql', expr: `sum by (node) (${metric})` });
    await until('the last recording', async () => {
      const received = await sum('falco_alerts_received_total');
      return truth.every(({ node, arrived }) => received.get(node) === arrived) ? true : undefined;
    });
    const duplicates = await sum('falco_alert_duplicates_total');
    for (const node of truth) {
      expect([node.node, duplicates.get(node.node) ?? 0]).toEqual([node.node, node.duplicates]);
    }
  });

  it('shows percentiles in the bucket of the true ones', async () => {
    const shown = await query({ queryType: 'signal', signals: ['delivery-time-p95'], window: '5m' });
    for (const { node, delaysSeconds, responsesSeconds } of truth) {
      const rank = Math.ceil(0.95 * delaysSeconds.length) - 1;
      const least = Math.max(...bounds.filter((bound) => bound <= delaysSeconds[rank]!));
      const most = Math.min(...bounds.filter((bound) => bound >= responsesSeconds[rank]!));
      expect([node, shown.get(node)! >= least && shown.get(node)! <= most]).toEqual([node, true]);
    }
  });
});
