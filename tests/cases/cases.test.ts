/**
 * Cases from public reports (tests/corpora/cases), served to the plugin's real backend and to a real Prometheus. Each test
 * checks what a user sees, and the last lines of the output are a table of it.
 */
import { until } from '../e2e/harness';
import { Prometheus, prometheusVersion } from '../e2e/prometheus';
import { type Answer, CaseServer, falco, file } from './server';
import { noticesOf, pointsOf, rowsOf, Stage, valuesOf } from './stage';

const server = new CaseServer();
/** The webhook of the k8saudit plugin has a fixed port. Another run of these tests on this machine may already serve it. */
const k8saudit = new CaseServer();
const stage = new Stage();
let prometheus: Prometheus | undefined;

const shown: string[] = [];
const show = (name: string, text: string) =>
  shown.push(`${name.padEnd(38)} ${text.replaceAll('\n', ' ').slice(0, 400)}`);

const hourAgo = Date.now() - 3_600_000;
const nodes = {
  '01': () => falco('01-scrape-race-dip-1', { host: 'node-a', start: hourAgo }),
  '06-1': () => falco('06-containers-unseen-1', { host: 'good', start: hourAgo }),
  '06-2': () => falco('06-containers-unseen-2', { host: 'bad', start: hourAgo }),
  '07-1': () => falco('07-rules-file-missing-1', { host: 'node-a', start: hourAgo }),
  '07-2': () => falco('07-rules-file-missing-2', { host: 'node-b', start: hourAgo }),
  '07-3': () => falco('07-rules-file-missing-3', { host: 'node-c', start: hourAgo }),
  '10-balanced': () => taking(turns(file('10-sidekick-replicas-1'), file('10-sidekick-replicas-2'))),
  '10-1': () => file('10-sidekick-replicas-2'),
  '10-2': () => file('10-sidekick-replicas-2'),
  '11': () => falco('11-first-match-1', { host: 'node-a', start: hourAgo }),
  '14': () => falco('14-hostname-is-pod-1', { host: 'falco-x7k2p', start: hourAgo }),
  '23': () => file('23-first-delivery-error-1'),
  '26-1': () => falco('11-first-match-1', { host: 'worker-1', start: hourAgo }),
  '26-2': () => falco('11-first-match-1', { host: 'worker-2', start: hourAgo + 1000 }),
  '33': () => falco('33-names-to-come', { host: 'node-a', start: hourAgo }),
  crash: () => falco('11-first-match-1', { host: 'node-a', start: hourAgo }),
  clock: () => falco('11-first-match-1', { host: 'node-a', start: hourAgo, ahead: 7200 }),
} satisfies Record<string, () => Answer>;
type Name = keyof typeof nodes;

/** One answer after the other, again and again. */
function* turns(...answers: Answer[]): Generator<Answer> {
  for (let i = 0; ; i++) {
    yield answers[i % answers.length]!;
  }
}

const taking =
  (all: Generator<Answer>): Answer =>
  (elapsed) =>
    all.next().value(elapsed);

/** The targets of each case. Falcosidekick reports no host name, so its targets have a label. */
const cases: Record<string, Name[]> = {
  '01': ['01'],
  '06': ['06-1', '06-2'],
  '07': ['07-1', '07-2', '07-3'],
  '10-balanced': ['10-balanced'],
  '10': ['10-1', '10-2'],
  '11': ['11'],
  '14': ['14'],
  '20': ['11', '23'],
  '23': ['23'],
  '26': ['26-1', '26-2'],
  '33': ['33'],
  crash: ['crash'],
  clock: ['clock'],
};
const isSidekick = (name: Name) => name.startsWith('10') || name === '23';

const addresses = {
  brackets: '[2001:db8::17]:8765',
  zone: 'http://[fe80::1%25eth0]:8765/metrics',
  'no-brackets': '2001:db8::17:8765',
  https: 'https://[2001:db8::18]/metrics',
  k8saudit: '127.0.0.1:9765',
};

/** The path at which the plugin, or Prometheus, reads a target. Each has its own, so that one mode changes nothing in the other. */
const pathOf = (name: Name, reader = '') => `${reader && `/${reader}`}/${name}/metrics`;

/** Waits for more scrapes of a target. */
async function scrapes(name: Name, more = 2, reader = ''): Promise<void> {
  const path = pathOf(name, reader);
  const before = server.requests(path);
  await until(`scrapes of ${path}`, async () => (server.requests(path) >= before + more ? true : undefined));
}

/** Changes what a target answers. */
const change = (name: Name, answer: Answer, reader = '') => server.set(pathOf(name, reader), answer);

/** The rows of a check in the health table, as `node verdict meaning`. */
async function verdicts(uid: string, check: string): Promise<string[]> {
  const result = await stage.query(uid, { queryType: 'health', signals: [check], format: 'table', instant: true });
  return rowsOf(result).map(({ node, verdict, meaning }) => `${node} ${verdict} ${meaning}`);
}

/**
 * How much later than at its sample time a response was made, at most, in seconds: the counter tells when, up to a constant.
 */
async function lateness(uid: string, from: number): Promise<number> {
  const of = (expr: string) => stage.query(uid, { queryType: 'promql', expr }, from);
  const [values, times] = await Promise.all([
    of('falcosecurity_scap_n_evts_total > 9e6'),
    of('timestamp(falcosecurity_scap_n_evts_total) and falcosecurity_scap_n_evts_total > 9e6'),
  ]);
  const at = new Map(pointsOf(times));
  const made = pointsOf(values).map(([step, value]) => value / 10_000 - (at.get(step) ?? NaN));
  return Math.max(...made) - Math.min(...made);
}

beforeAll(async () => {
  await server.start();
  await k8saudit.start(9765).catch(() => undefined);
  k8saudit.set('/metrics', () => ({ status: 405, body: '{"error": "only POST is allowed"}' }));
  for (const [name, make] of Object.entries(nodes)) {
    ['', 'prometheus'].forEach((reader) => change(name as Name, make(), reader));
  }
  const sources: Record<string, object> = {};
  for (const [uid, names] of Object.entries(cases)) {
    const of = (name: Name) => ({
      url: server.url + pathOf(name),
      ...(isSidekick(name) && { kind: 'falcosidekick', labels: { node: `sidekick-${name}` } }),
    });
    sources[uid] = { scrapeInterval: '1s', scrapeTimeout: '1s', targets: names.map(of) };
  }
  for (const [name, url] of Object.entries(addresses)) {
    sources[`15-${name}`] = { scrapeInterval: '1s', scrapeTimeout: '1s', targets: [{ url }] };
  }
  if (prometheusVersion) {
    const host = server.url.replace('http://', '');
    prometheus = await Prometheus.running(() => ({
      global: { scrape_interval: '1s', scrape_timeout: '1s' },
      scrape_configs: Object.entries(cases).map(([uid, names]) => ({
        job_name: uid,
        static_configs: names.map((name, i) => ({
          targets: [host],
          labels: {
            __metrics_path__: pathOf(name, 'prometheus'),
            instance: `10.0.0.${i + 1}:8765`,
            ...(uid === '26' && {
              k8s_node_name: `worker-${i + 1}`,
              k8s_pod_name: `falco-${i}`,
              k8s_cluster_name: 'lab',
            }),
          },
        })),
      })),
    }));
    for (const uid of Object.keys(cases)) {
      sources[`prometheus-${uid}`] = {
        mode: 'prometheus',
        scrapeInterval: '1s',
        prometheus: { url: prometheus.url, matchers: `{job="${uid}"}` },
      };
    }
  }
  await stage.start(sources);
  await Promise.all(Object.keys(cases).map((uid) => stage.query(uid, { queryType: 'signal', signals: ['up'] })));
  const readers = prometheus ? ['', 'prometheus'] : [''];
  await Promise.all(readers.flatMap((reader) => Object.keys(nodes).map((name) => scrapes(name as Name, 3, reader))));
});

afterAll(async () => {
  await stage.stop();
  await prometheus?.close();
  await Promise.all([server.stop(), k8saudit.stop()]);
  console.log(['Shown:', ...shown].join('\n'));
});

describe('Addresses (15)', () => {
  const health = (name: keyof typeof addresses) => until(name, () => stage.health(`15-${name}`));

  it.each(['brackets', 'https'] as const)('with %s are requested', async (name) => {
    const text = await health(name);
    show(`15 ${addresses[name]}`, text);
    expect(text).toMatch(/does not respond with metrics/);
    expect(text).not.toMatch(/brackets|not a valid|invalid/i);
  });

  it('with a zone work, or the message says that zones are not supported', async () => {
    const text = await health('zone');
    show(`15 ${addresses.zone}`, text);
    expect(text).toMatch(/zone|link-local/i);
  });

  it('without brackets are refused with a proposal', async () => {
    const text = await health('no-brackets');
    show(`15 ${addresses['no-brackets']}`, text);
    expect(text).toContain('[2001:db8::17]:8765');
  });

  it("of the k8saudit plugin are told from Falco's", async () => {
    const text = await until('a response', async () => {
      const found = await stage.health('15-k8saudit');
      return found.includes('405') ? found : undefined;
    });
    show(`15 ${addresses.k8saudit}`, text);
    expect(text).toContain('Port 9765 is that of the webhook of the k8saudit plugin');
    expect(text).toContain('Falco: port 8765, path /metrics');
  });
});

it('Overlapping scrapes end Falco: the crash is told', async () => {
  change('crash', () => 'cut off');
  await scrapes('crash');
  change('crash', falco('14-hostname-is-pod-2', { host: 'node-a', start: Date.now() }));
  const text = await until('the crash', async () => {
    const found = await stage.health('crash');
    return found.includes('may have crashed') ? found : undefined;
  });
  show('crash', text);
  expect(text).toMatch(
    /Falco may have crashed while being scraped \(fixed in 0\.45\.1\): the response at \d\d:\d\d:\d\d UTC was cut off, and Falco has a new start time\./
  );
  const panel = await stage.query('crash', { queryType: 'signal', signals: ['kernel-event-rate'], instant: true });
  expect(noticesOf(panel)).toContain('Falco may have crashed while being scraped (fixed in 0.45.1)');
});

it('A host name that is the name of the pod (14): no ghost node stays down', async () => {
  change('14', falco('14-hostname-is-pod-2', { host: 'falco-q9d4m', start: Date.now() }));
  const text = await until('the new name', async () => {
    const found = await stage.health('14');
    return found.includes('FALCO_HOSTNAME') ? found : undefined;
  });
  show('14', text);
  await scrapes('14');
  const up = valuesOf(await stage.query('14', { queryType: 'signal', signals: ['up'], instant: true }));
  expect(up).toEqual([{ labels: { node: 'falco-q9d4m' }, value: 1 }]);
});

it('Several replicas of Falcosidekick behind one address (10) are told, and have no figures', async () => {
  const text = await until('the load balancer', async () => {
    const found = await stage.health('10-balanced');
    return found.includes('take turns') ? found : undefined;
  });
  show('10 one address', text);
  const panel = await stage.query('10-balanced', {
    queryType: 'signal',
    signals: ['destination-output-rate'],
    window: '10s',
    instant: true,
  });
  expect(valuesOf(panel)).toEqual([]);
  expect(noticesOf(panel)).toContain('take turns to respond at this address: it is a load balancer');
});

(prometheusVersion ? it : it.skip)('Labels of an OpenTelemetry Collector (26) are proposed as identity', async () => {
  const text = await until('the proposal', async () => {
    const found = await stage.health('prometheus-26');
    return found.includes('k8s_node_name') ? found : undefined;
  });
  show('26', text);
  expect(text).toContain('k8s_cluster_name');
  expect(text).toContain('k8s_node_name');
});

/** The same cases in both modes. */
const modes = [['scrape', ''], ...(prometheusVersion ? [['prometheus', 'prometheus-']] : [])];
describe.each(modes)('In %s mode', (mode, prefix) => {
  const uid = (name: string) => `${prefix}${name}`;
  const ask = (name: string, signal: string, more: object = {}) =>
    stage.query(uid(name), { queryType: 'signal', signals: [signal], instant: true, ...more });
  const told = (name: string, text: string) => show(`${name} (${mode})`, text);
  const isPrometheus = prefix !== '';
  const reader = isPrometheus ? 'prometheus' : '';

  it('containers that Falco does not see (06) are critical on that node only', async () => {
    const rows = await until('verdicts', async () => {
      const found = await verdicts(uid('06'), 'container-data');
      return found.length === 2 && found.every((row) => !row.includes(' unknown ')) ? found : undefined;
    });
    told('06', rows.join('; '));
    const [bad, good] = isPrometheus ? ['10.0.0.2:8765', '10.0.0.1:8765'] : ['bad', 'good'];
    expect(rows).toContainEqual(expect.stringMatching(`^${bad} critical Falco tracks no containers`));
    expect(rows).toContainEqual(expect.stringMatching(`^${good} ok `));
  });

  it('a missing rules file (07) is named with its node', async () => {
    const rows = await until('verdicts', async () => {
      const found = await verdicts(uid('07'), 'rules-drift');
      return found.length === 3 && found.every((row) => !row.includes(' unknown ')) ? found : undefined;
    });
    told('07', rows.join('; '));
    const [c, a] = isPrometheus ? ['10.0.0.3:8765', '10.0.0.1:8765'] : ['node-c', 'node-a'];
    expect(rows).toContainEqual(expect.stringMatching(`^${c} warning .*30-canary\\.yaml`));
    expect(rows).toContainEqual(expect.stringMatching(`^${a} ok `));
  });

  it('drop causes of versions to come (33) have their own names', async () => {
    const rates = await until('rates', async () => {
      const found = valuesOf(await ask('33', 'kernel-drop-rate', { window: '10s' }));
      return found.some(({ labels, value }) => labels['cause']?.includes('auxmap') && value > 0) ? found : undefined;
    });
    const causes = Object.fromEntries<number>(rates.map(({ labels, value }) => [labels['cause'] ?? '', value]));
    told('33', JSON.stringify(causes));
    const own = Object.entries(causes).filter(([cause]) => cause.includes('auxmap'));
    expect(own).toHaveLength(1);
    // 10/s of a full buffer and 40/s without an auxiliary map, of 50/s.
    const total = Object.values(causes).reduce((sum, value) => sum + value, 0);
    expect(Math.abs(own[0]![1] / total - 0.8)).toBeLessThan(0.1);
    expect(Math.abs(causes['open']! / total - 0.2)).toBeLessThan(0.1);
  });

  it('the first error of a destination (23) is told, and its check is never ok meanwhile', async () => {
    change('23', file('23-first-delivery-error-1'), reader);
    await scrapes('23', 2, reader);
    change('23', file('23-first-delivery-error-2'), reader);
    const errors = {
      queryType: 'promql',
      instant: true,
      expr: 'falcosecurity_falcosidekick_outputs_total{status="error"}',
    };
    const row = await until('the error', async () => {
      // Asked in this order, a verdict of ok would overlook an error that is already known.
      const known = valuesOf(await stage.query(uid('23'), errors)).length > 0;
      const rows = await verdicts(uid('23'), 'destination-errors');
      expect(known && rows.some((found) => found.includes(' ok '))).toBe(false);
      return rows.find((found) => found.includes(' critical '));
    });
    told('23', row);
    const ratios = valuesOf(await ask('23', 'destination-error-ratio', { window: '1m' }));
    expect(ratios.map(({ labels, value }) => [labels['destination'], value])).toEqual([['slack', 1]]);
  });

  it('two replicas of Falcosidekick as two targets (10) have the right sums, and the destination that fails is told', async () => {
    change('10-1', file('10-sidekick-replicas-2'), reader);
    await scrapes('10-1', 2, reader);
    change('10-1', file('10-sidekick-replicas-1'), reader);
    const row = await until('the failing destination', async () =>
      (await verdicts(uid('10'), 'destination-errors')).find((found) => found.includes(' critical '))
    );
    const expr = 'sum by (destination, status) (falcosecurity_falcosidekick_outputs_total)';
    const sums = Object.fromEntries(
      valuesOf(await stage.query(uid('10'), { queryType: 'promql', expr, instant: true })).map(({ labels, value }) => [
        `${labels['destination']} ${labels['status']}`,
        value,
      ])
    );
    told('10 two targets', `${row} ${JSON.stringify(sums)}`);
    expect(sums).toEqual({ 'slack ok': 3, 'webui ok': 2, 'webui error': 1 });
    const ratios = valuesOf(await ask('10', 'destination-error-ratio', { window: '1m' }));
    expect(ratios.filter(({ value }) => value > 0).map(({ labels }) => labels['destination'])).toEqual(['webui']);
  });

  it('rules that matched once (11) count once, whatever the window', async () => {
    change('11', falco('11-first-match-1', { host: 'node-a', start: hourAgo }), reader);
    await scrapes('11', 2, reader);
    change('11', falco('11-first-match-2', { host: 'node-a', start: hourAgo }), reader);
    const names = [
      'Launch Package Management Process in Container',
      'Read sensitive file untrusted',
      'Terminal shell in container',
    ];
    for (const window of ['1m', '1h', '7d']) {
      const counts = await until(`matches within ${window}`, async () => {
        const found = valuesOf(await ask('11', 'matches-by-rule', { window }));
        return found.length === 3 ? found : undefined;
      });
      told('11', `${window}: ${counts.map(({ labels, value }) => `${labels['rule_name']} ${value}`).join(', ')}`);
      expect(counts.map(({ labels, value }) => [labels['rule_name'], value]).sort()).toEqual(
        names.map((name) => [name, 1])
      );
    }
    const week = Date.now() - 7 * 86_400_000;
    const rules = await stage.query(uid('11'), { queryType: 'rules', format: 'table' }, week);
    expect(rowsOf(rules).map(({ matches }) => matches)).toEqual(['1', '1', '1']);
    if (!isPrometheus) {
      expect(noticesOf(rules)).toMatch(/Data starts at \d\d:\d\d UTC/);
    }
  });

  it('counters that dip (01) leave the rate as it is, and are told', async () => {
    await scrapes('01', 5, reader);
    const before = Date.now();
    const right = nodes['01']();
    const wrong = falco('01-scrape-race-dip-2', { host: 'node-a', start: hourAgo });
    let asked = 0;
    change('01', (elapsed) => (asked++ === 0 ? wrong(elapsed) : right(elapsed)), reader);
    await scrapes('01', 10, reader);
    const event = await until('the event', async () => {
      const result = await stage.query(uid('01'), { queryType: 'events', signals: ['counter-dip'] });
      return rowsOf(result)[0]?.['text'];
    });
    const panel = await stage.query(
      uid('01'),
      { queryType: 'signal', signals: ['kernel-event-rate'], window: '8s' },
      before
    );
    const rates = pointsOf(panel).map(([, value]) => value);
    told(
      '01',
      `${Math.round(Math.min(...rates))} to ${Math.round(Math.max(...rates))}/s; ${event}; ${noticesOf(panel)}`
    );
    expect(event).toContain('Counters of Falco on');
    expect(event).toContain('fell without a restart');
    expect(noticesOf(panel)).toContain('fell without a restart');
    expect(rates.length).toBeGreaterThan(5);
    // A reset rule gives 210,000/s. Late responses make the real rate uneven, which is no fault of the figure. On a
    // simulated clock, the tests of pkg/scrape allow 5 %.
    const late = await lateness(uid('01'), before);
    for (const rate of rates) {
      expect(Math.abs(rate / 10_000 - 1)).toBeLessThan(0.1 + (2 * late) / 8);
    }
  });

  it('a wrong clock of a node is told, and moves no event', async () => {
    await scrapes('clock', 2, reader);
    const before = Date.now();
    change('clock', falco('14-hostname-is-pod-2', { host: 'node-a', start: Date.now(), ahead: 7200 }), reader);
    const event = await until('the event', async () => {
      const result = await stage.query(uid('clock'), { queryType: 'events', signals: ['restart'] }, before - 30_000);
      const row = rowsOf(result).at(0);
      return row ? { time: row['time'], notices: noticesOf(result) } : undefined;
    });
    const at = Number(event.time);
    const health = await stage.health(uid('clock'));
    told('clock', `${new Date(at).toISOString()}; ${event.notices}; ${health}`);
    expect(at).toBeGreaterThan(before - 2000);
    expect(at).toBeLessThanOrEqual(Date.now());
    const of = isPrometheus ? 'Prometheus' : 'Grafana';
    expect(event.notices).toContain(`is about 2 h ahead of ${of}'s. Check time synchronisation on the node.`);
    expect(health).toContain(`is about 2 h ahead of ${of}'s.`);
    expect(await verdicts(uid('clock'), 'clock')).toEqual([expect.stringContaining(' warning ')]);
  });

  const drops = 'falcosecurity_scap_n_drops_total';
  it.each([
    [
      'a',
      `sum(rate(${drops}[5m])) by (hostname)`,
      `${drops} has no label hostname, so by (hostname) does not separate`,
    ],
    ['b', 'rate(falcosecurity_falco_cpu_usage_ratio[1m]) * 100', 'is a gauge, and rate() needs a counter.'],
    ['c', 'sum by (rule) (increase(falcosecurity_falco_rules_matches_total[1h]))', 'Did you mean rule_name?'],
    [
      'd',
      `${drops} / falcosecurity_scap_n_evts_total * 100`,
      'Divide their rates instead, or use the signal “Kernel drops”',
    ],
    [
      'e',
      'rate(falcosecurity_falcosidekick_outputs_total{status="error"}[5m]) by (destination) > 0',
      'by belongs to an aggregation: write, for example, sum by (destination) (...)',
    ],
    ['f', `sum(${drops})`, 'adds up what each target has counted since it started. Use rate() or increase()'],
    ['g', 'increase(falcosecurity_falco_rules_matches_total[5m]) > 0', 'misses the first event of a series of'],
    ['h', 'absent(up{job="falco-falcosidekick"})', 'Use up == 0 or absent(up).'],
    ['unknown name', 'rate(falcosecurity_scap_n_drop_total[5m])', `Did you mean ${drops}`],
  ])('common mistakes in PromQL (20 %s) have a hint', async (name, expr, hint) => {
    change('11', falco('11-first-match-2', { host: 'node-a', start: hourAgo }), reader);
    const text = await until(hint, async () => {
      const found = noticesOf(await stage.query(uid('20'), { queryType: 'promql', expr, instant: true }));
      return found.includes(hint) ? found : undefined;
    });
    told(`20 ${name}`, text);
    if (name === 'e') {
      expect(text).toMatch(/character \d+/);
    }
  });
});
