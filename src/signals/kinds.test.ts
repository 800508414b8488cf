import { catalogue } from '.';
import { compile } from './compile';
import { type Signal } from './types';

const { baselines, checks, events, inventory, rules, signals, targetGauges } = catalogue;
const options = { identity: ['cluster', 'node'], targetLabels: [], step: 0, scrapeInterval: 15_000, range: 3_600_000 };

/** Compiles a template by node; throws where it has a placeholder that nobody knows. */
function byNode(expr: string): string {
  return compile(
    catalogue,
    { id: 'template', expr, groupBy: { default: ['$identity'], allowed: [] } } as unknown as Signal,
    {},
    options
  ).expr;
}

const signalOf = (id: string) => signals.find((signal) => signal.id === id);

describe('the checks', () => {
  it('have ids that are public', () => {
    expect(checks.map(({ id }) => id)).toEqual([
      'stalled',
      'kernel-drops',
      'early-drops',
      'lost-process-events',
      'cpu-drops',
      'device-drops',
      'thread-table',
      'thread-table-drops',
      'up',
      'missing-instances',
      'crash-loop',
      'recurring-restarts',
      'slow-crash-loops',
      'crashes-while-scraped',
      'connection-failures',
      'hot-reload-failures',
      'event-timeouts',
      'instances-per-kernel',
      'clock',
      'version-drift',
      'rules-drift',
      'config-drift',
      'version-baseline',
      'rules-baseline',
      'config-baseline',
      'cpu',
      'cpu-since-start',
      'cpu-limit',
      'cpu-throttling',
      'memory-limit',
      'memory-trend',
      'outputs-queue',
      'sidekick',
      'sidekick-restarts',
      'sidekick-memory',
      'sidekick-backlog',
      'loss-before-sidekick',
      'destination-errors',
      'delivery-loss',
      'delivery-on-time',
      'canary',
      'clock-ahead',
      'sources',
      'container-data',
    ]);
  });

  it('reach four dimensions and more', () => {
    expect(new Set(checks.map(({ signal }) => signalOf(signal)?.dimension)).size).toBe(5);
  });

  it('judge every signal that has bounds, but for those that only colour', () => {
    const withoutCheck = signals.filter(
      ({ id, thresholds }) => thresholds && !checks.some(({ signal }) => signal === id)
    );
    expect(withoutCheck.map(({ id }) => id)).toEqual([
      'kernel-event-rate-per-cpu',
      'nodes-without-falco',
      'cpu-usage-since-start-ratio',
      'cpu-usage-ratio',
      'cpu-usage-avg-ratio',
    ]);
  });

  describe.each(checks)('$id', ({ signal, worst, meaning, advice }) => {
    const { thresholds } = signalOf(signal) ?? {};

    it('takes the worst value in the direction of its bounds', () => {
      expect(worst).toBe(thresholds?.direction === 'below' ? 'min' : 'max');
    });

    it('says what each verdict means that its bounds can give, and no other', () => {
      const verdicts = [
        'ok',
        ...(thresholds?.warning === undefined ? [] : ['warning']),
        ...(thresholds?.critical === undefined ? [] : ['critical']),
      ];
      expect(Object.keys(meaning)).toEqual(verdicts);
    });

    it('advises something whatever the other figures say, in whole sentences with a cost', () => {
      expect(advice.length).toBeGreaterThan(0);
      const texts = [...Object.values(meaning), ...advice.flatMap(({ why, change, cost }) => [why, change, cost])];
      expect(texts.filter((text) => !/^[A-Z0-9].*\.$/.test(text))).toEqual([]);
    });

    it('has conditions that give one sample a node', () => {
      const conditions = advice.flatMap(({ when }) => when ?? []);
      expect(conditions.filter((when) => !when.startsWith('max by ($groupBy) ('))).toEqual([]);
      expect(conditions.map(byNode).filter((expr) => expr.includes('$'))).toEqual([]);
    });
  });
});

describe('the inventory', () => {
  it('has columns with a title of their own, each a label or a value with a unit', () => {
    expect(new Set(inventory.map(({ title }) => title)).size).toBe(inventory.length);
    expect(inventory.filter(({ label, unit }) => (label === undefined) === (unit === undefined))).toEqual([]);
  });
});

describe('the events', () => {
  it('find what they say they find', () => {
    const wanted = { change: ['metric'], label: ['metric', 'label'], above: ['expr', 'bound'], history: [] } as const;
    expect(events.filter((event) => wanted[event.find].some((key) => event[key] === undefined))).toEqual([]);
  });

  it('have templates that compile', () => {
    expect(
      events
        .flatMap(({ expr }) => expr ?? [])
        .map(byNode)
        .filter((expr) => expr.includes('$'))
    ).toEqual([]);
  });

  it('fill in only what there is to fill in', () => {
    const words = events.flatMap(({ text }) => [...text.matchAll(/\{\{(\w+)\}\}/g)].map(([, word]) => word));
    expect([...new Set(words)].sort()).toEqual(['from', 'node', 'to', 'value']);
  });
});

it('names the priorities of rules as Falco does', () => {
  expect(Object.entries(rules.priorities)).toEqual([
    ['0', 'emergency'],
    ['1', 'alert'],
    ['2', 'critical'],
    ['3', 'error'],
    ['4', 'warning'],
    ['5', 'notice'],
    ['6', 'informational'],
    ['7', 'debug'],
  ]);
});

it('writes series for every pinned setting that a signal reads', () => {
  const read = new Set(signals.flatMap(({ expr }) => [...expr.matchAll(/falco_expected_\w+/g)].map(([name]) => name)));
  expect([...read].sort()).toEqual(baselines.map(({ metric }) => metric).sort());
});

it('writes gauges for every setting of a target that a signal reads', () => {
  const read = new Set(
    signals.flatMap(({ expr }) => [...expr.matchAll(/falco_target_(?!\w+_total)\w+/g)].map(([name]) => name))
  );
  expect([...read].sort()).toEqual(targetGauges.map(({ metric }) => metric).sort());
});

it('advises to raise the CPU limit before fewer syscalls', () => {
  const changes = checks
    .filter(({ id, advice }) => id.includes('drops') && advice.some(({ change }) => change.includes('base_syscalls')))
    .map(({ id, advice }) => ({
      id,
      limit: advice.findIndex(({ change }) => /CPU limit/i.test(change)),
      syscalls: advice.findIndex(({ change }) => change.includes('base_syscalls')),
    }));
  expect(changes.map(({ id }) => id)).toContain('kernel-drops');
  expect(changes.filter(({ limit, syscalls }) => limit < 0 || limit > syscalls)).toEqual([]);
});
