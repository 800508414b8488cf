/**
 * The impact report over simulated roll-outs whose effect is known: Falco and node_exporter of two clusters of 24 nodes, in
 * a real Prometheus. In one of the clusters, the roll-out slows twelve nodes down by 10 %; in the other, it does nothing.
 */
import { createFleet, type Simulation } from '../../dev/fleet/simulation';
import { allRules } from '../e2e/grafana-alerting';
import { Prometheus, prometheusVersion } from '../e2e/prometheus';
import { rowsOf, Stage, valuesOf } from './stage';

const MINUTE = 60_000;
const DAY = 24 * 60 * MINUTE;
/** Always the same time of day, at which the simulated load is always the same. */
const start = Math.floor(Date.now() / DAY) * DAY - DAY / 2;
/** The roll-outs happen 40 minutes after the start. Half an hour is compared, five minutes later. */
const end = start + 76 * MINUTE;

const clusters = { slow: 'slow-rollout', harmless: 'harmless-rollout' };
/** Series of Falco that the report does not read. They are most of them. */
const unused =
  /^falcosecurity_.*(rules_matches|_cpu_total|_task|avg_time|drops_buffer|_fds|_threads|fd_lookups|plugins)/;

/** What Prometheus stores when it scrapes a fleet at a time, as lines of OpenMetrics. */
function scrape(fleet: Simulation, cluster: string, at: number): string[] {
  return fleet.nodes.flatMap((node, i) => {
    const answers = {
      falco: fleet.phase(node, at) === 'up' ? fleet.answer(node, at) : undefined,
      'node-exporter': fleet.nodeExporters[i]!.answer(at),
    };
    return Object.entries(answers).flatMap(([job, text]) => {
      // Falco exports some series twice. Prometheus keeps the first.
      const samples = new Map([['up', text === undefined ? '0' : '1']]);
      for (const line of text?.split('\n') ?? []) {
        const series = line.slice(0, line.lastIndexOf(' '));
        if (line !== '' && !line.startsWith('#') && !unused.test(line) && !samples.has(series)) {
          samples.set(series, line.slice(series.length + 1));
        }
      }
      return [...samples].map(([series, value]) => {
        const [name, own] = series.split(/[{}]/);
        const labels = [`cluster="${cluster}"`, `job="${job}"`, `instance="${node.spec.name}"`, ...(own ? [own] : [])];
        return `${name}{${labels.join()}} ${value} ${at / 1000}`;
      });
    });
  });
}

function samples(): string[] {
  const now = Date.now();
  return Object.entries(clusters).flatMap(([cluster, scenario]) => {
    const fleet = createFleet({ scenario, seed: cluster, start });
    const times = Array.from({ length: 77 }, (_, i) => start + i * MINUTE);
    // The report compares the nodes that Prometheus scrapes now.
    const today = createFleet({ scenario, seed: cluster, start: now });
    return [...times.flatMap((at) => scrape(fleet, cluster, at)), ...scrape(today, cluster, now)];
  });
}

(prometheusVersion ? describe : describe.skip)('The impact report', () => {
  const stage = new Stage();
  let prometheus: Prometheus;

  beforeAll(async () => {
    prometheus = await Prometheus.storing(samples());
    const store = { url: prometheus.url, matchers: 'job="falco"', identityLabels: ['cluster', 'instance'] };
    await stage.start({ prometheus: { mode: 'prometheus', scrapeInterval: '1m', prometheus: store } });
  });

  afterAll(async () => {
    await stage.stop();
    await prometheus?.close();
  });

  const report = (cluster: string, model: object) => {
    const filters = [{ key: 'cluster', operator: '=', value: cluster }];
    return stage.query('prometheus', { queryType: 'impact', window: '30m', filters, ...model }, start, end);
  };

  /** The rows about the nodes, and the verdict on each figure. */
  async function ofNodes(cluster: string) {
    const rows = rowsOf(await report(cluster, { format: 'table' })).filter(({ subject }) => subject === 'Node');
    return { rows, verdicts: Object.fromEntries(rows.map(({ figure, verdict }) => [figure, verdict])) };
  }

  const unchanged = {
    'Host CPU busy': 'no measurable change',
    'Host context switches': 'no measurable change',
    'Memory pressure': 'no measurable change',
    'Server load': 'no measurable change',
    'TCP listen drops': 'no measurable change',
    'TCP retransmissions': 'no measurable change',
  };

  it('finds a roll-out that slows nodes down, and the figures that it slowed down', async () => {
    const { rows, verdicts } = await ofNodes('slow');
    expect(verdicts).toEqual({
      ...unchanged,
      'CPU pressure': expect.stringMatching(/^higher by \d+–\d+ %$/),
      'Disk latency': expect.stringMatching(/^higher by \d+–\d+ %$/),
      'Run-queue delay': expect.stringMatching(/^higher by \d+–\d+ %$/),
      // A tenth of about 3 %.
      'I/O pressure': expect.stringMatching(/^higher by 0\.\d+–0\.\d+ percentage points$/),
    });
    // The true effect is 10 %.
    for (const row of rows.filter(({ verdict }) => verdict?.endsWith(' %'))) {
      const [low = NaN, high = NaN] = [...row['verdict']!.matchAll(/\d+/g)].map(Number);
      expect([low < 10, high > 10]).toEqual([true, true]);
    }
    expect(new Set(rows.map(({ event, nodes }) => `${event} ${nodes}`))).toEqual(new Set(['Restart 12 / 12']));
  });

  it('finds nothing after a roll-out without an effect', async () => {
    const { verdicts } = await ofNodes('harmless');
    expect(verdicts).toEqual({
      ...unchanged,
      'CPU pressure': 'no measurable change',
      'Disk latency': 'no measurable change',
      'I/O pressure': 'no measurable change',
      'Run-queue delay': 'no measurable change',
    });
  });

  it('fires the shipped alert rule after the first, for the figures that it slowed down', async () => {
    const { data } = allRules.get('falco-change-impact')!;
    const model = data.find(({ refId }) => refId === 'A')!.model;
    const [bound = NaN] = data.find(({ refId }) => refId === 'C')!.model.conditions![0]!.evaluator.params;
    const firing = async (cluster: string) => {
      const values = valuesOf(await report(cluster, { ...model, window: '30m', instant: true }));
      expect(values).toHaveLength((model['signals'] as string[]).length);
      return values.flatMap(({ labels, value }) => (value > bound ? [labels['figure']] : [])).sort();
    };
    // The change of I/O pressure is below 2 percentage points.
    expect(await firing('slow')).toEqual([
      'host-cpu-pressure-ratio',
      'host-disk-latency',
      'host-run-queue-delay-ratio',
    ]);
    expect(await firing('harmless')).toEqual([]);
  });
});
