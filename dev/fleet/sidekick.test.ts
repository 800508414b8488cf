/** @jest-environment node */
import { goFloat } from './sidekick';
import { createFleet } from './simulation';
import { read, START } from './testing';

const P = 'falcosecurity_falcosidekick_';

test.each([
  [0, '0'],
  [1, '1'],
  [0.5, '0.5'],
  [999999, '999999'],
  [1000000, '1e+06'],
  [1234567, '1.234567e+06'],
  [45056000, '4.5056e+07'],
  [1764000000.12, '1.76400000012e+09'],
  [0.00001, '1e-05'],
])('goFloat(%d) is %s', (value, text) => {
  expect(goFloat(value)).toBe(text);
});

test('every family has one HELP and one TYPE, families are sorted, values are escaped', () => {
  const text = createFleet({ start: START }).sidekickAnswer(START);
  const headers = (word: string) => [...text.matchAll(new RegExp(`^# ${word} (\\S+) `, 'gm'))].map(([, name]) => name);
  expect(headers('HELP')).toEqual([...new Set(headers('HELP'))].sort());
  expect(headers('TYPE')).toEqual(headers('HELP'));
  expect(text).toContain(`# HELP ${P}falco_events_total \n# TYPE ${P}falco_events_total counter\n`);
  expect(text).toMatch(
    /^falcosecurity_falcosidekick_falco_events_total\{hostname="worker-8",k8s_ns_name="",k8s_pod_name="",priority="5",priority_raw="error",rule="Write below \\"etc\\" by hand",source="syscall"\} \d+$/m
  );
  expect(text).toMatch(
    /priority="1",priority_raw="debug",rule="Falco internal: syscall event drop",source="internal"\} \d+$/m
  );
});

test.each(['healthy', 'overloaded', 'queue-drops'])(
  '%s: what arrives is what matched, less the queue drops',
  (scenario) => {
    const fleet = createFleet({ scenario, start: START });
    const at = START + 1_234_000;
    const { events } = fleet.sidekick(at);
    for (const node of fleet.nodes) {
      const { matches, queueDrops } = node.at(at);
      const arrived = events.filter(({ hostname, rule }) => hostname === node.spec.name && rule.source === 'syscall');
      const sum = (list: Array<{ count: number }>) => list.reduce((total, { count }) => total + count, 0);
      expect([node.spec.name, sum(arrived)]).toEqual([node.spec.name, sum(matches) - queueDrops]);
      expect(queueDrops > 0).toBe(node.spec.queueLoss > 0);
    }
  }
);

test('inputs are the events; each destination has its share, ok or error', () => {
  const fleet = createFleet({ scenario: 'failing-destination', start: START });
  const { accepted, events, outputs } = fleet.sidekick(START);
  expect(accepted).toBe(events.reduce((sum, { count }) => sum + count, 0));
  const urgent = events.reduce((sum, { rule, count }) => sum + (rule.priority <= 4 ? count : 0), 0);
  expect(outputs.find(({ destination }) => destination === 'slack')).toEqual({
    destination: 'slack',
    ok: 0,
    error: urgent,
  });
  const samples = read(fleet.sidekickAnswer(START));
  expect(samples.get(`${P}inputs_total{source="requests",status="accepted"}`)).toBe(accepted);
  expect(samples.get(`${P}outputs_total{destination="slack",status="error"}`)).toBe(urgent);
  expect(samples.has(`${P}outputs_total{destination="slack",status="ok"}`)).toBe(false);
});

test('counters never fall, even when a Falco restarts', () => {
  const fleet = createFleet({ scenario: 'crash-loop', start: START });
  let before = fleet.sidekick(START).accepted;
  for (let s = 10; s < 600; s += 10) {
    const { accepted } = fleet.sidekick(START + s * 1000);
    expect(accepted).toBeGreaterThanOrEqual(before);
    before = accepted;
  }
});
