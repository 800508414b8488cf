/**
 * Every shipped alert rule, as Grafana's alerting evaluates it: the query goes through the plugin's
 * real binary over the plugin protocol, and the rule's own reduce and threshold are applied to what
 * comes back.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import { type Frame, root, setStage, type Stage, until } from './harness';

interface Expression {
  type: 'reduce' | 'threshold';
  expression: string;
  reducer?: string;
  conditions?: Array<{ evaluator: { type: string; params: number[] } }>;
}

interface Rule {
  uid: string;
  title: string;
  condition: string;
  noDataState: string;
  data: Array<{
    refId: string;
    datasourceUid: string;
    relativeTimeRange: { from: number; to: number };
    model: Record<string, unknown> & Partial<Expression>;
  }>;
}

const file = parse(readFileSync(join(root, 'provisioning/alerting/falco.yaml'), 'utf8')) as {
  groups: Array<{ rules: Rule[] }>;
};
const rules = new Map(file.groups.flatMap((group) => group.rules).map((rule) => [rule.uid, rule]));

const reducers: Record<string, (values: number[]) => number> = {
  last: (values) => values.at(-1) ?? NaN,
  max: (values) => Math.max(...values),
  min: (values) => Math.min(...values),
  mean: (values) => values.reduce((sum, value) => sum + value, 0) / values.length,
};

const evaluators: Record<string, (value: number, params: number[]) => boolean> = {
  gt: (value, [bound = NaN]) => value > bound,
  lt: (value, [bound = NaN]) => value < bound,
  gte: (value, [bound = NaN]) => value >= bound,
  lte: (value, [bound = NaN]) => value <= bound,
};

function lookUp<T>(table: Record<string, T>, name: string | undefined, what: string): T {
  const found = name === undefined ? undefined : table[name];
  if (!found) {
    throw new Error(`this test knows no ${what} "${name}"; it knows ${Object.keys(table).join(', ')}`);
  }
  return found;
}

/** One value a series, by node: what the rule's reduce makes of the frames. */
function reduce(frames: Frame[], reducer: string | undefined): Map<string, number> {
  const byNode = new Map<string, number>();
  for (const frame of frames) {
    frame.schema.fields.forEach((field, i) => {
      if (field.type === 'number') {
        const values = (frame.data.values[i] ?? []).filter((value): value is number => typeof value === 'number');
        byNode.set(field.labels?.['node'] ?? '', lookUp(reducers, reducer, 'reducer')(values));
      }
    });
  }
  return byNode;
}

/** The nodes for which the rule's condition holds now. */
async function firing(stage: Stage, uid: string, instant: boolean): Promise<{ nodes: string[]; seen: string[] }> {
  const rule = rules.get(uid);
  const query = rule?.data.find((one) => one.datasourceUid !== '__expr__');
  const byRef = new Map(rule?.data.map((one) => [one.refId, one.model]));
  const threshold = byRef.get(rule?.condition ?? '');
  const reduction = byRef.get(threshold?.expression ?? '');
  if (!rule || !query || threshold?.type !== 'threshold' || reduction?.type !== 'reduce') {
    throw new Error(`rule ${uid}: expected a query, a reduce and a threshold as its condition`);
  }
  expect(reduction.expression).toBe(query.refId);
  const now = Date.now();
  const range = {
    from: String(now - query.relativeTimeRange.from * 1000),
    to: String(now - query.relativeTimeRange.to * 1000),
  };
  const datasource = { type: 'falco-metrics-datasource', uid: query.datasourceUid };
  const model = { intervalMs: 1000, maxDataPoints: 43_200, ...query.model, refId: query.refId, datasource, instant };
  const result = (await stage.query([model], range, true))[query.refId];
  if (result?.error || !result?.frames) {
    throw new Error(`rule ${uid}: ${result?.error ?? 'no result'}`);
  }
  for (const frame of result.frames) {
    expect(frame.schema.meta?.type).toBe(instant ? 'numeric-multi' : 'timeseries-multi');
  }
  const values = reduce(result.frames, reduction.reducer);
  const { evaluator } = threshold.conditions?.[0] ?? { evaluator: { type: '', params: [] } };
  const holds = lookUp(evaluators, evaluator.type, 'evaluator');
  const nodes = [...values].filter(([, value]) => holds(value, evaluator.params)).map(([node]) => node);
  return { nodes: nodes.sort(), seen: [...values.keys()].sort() };
}

const uids = {
  warning: 'falco-kernel-drops-warning',
  critical: 'falco-kernel-drops-critical',
  down: 'falco-node-down',
  queue: 'falco-outputs-queue-drops',
};

const modes = [
  ['instant', true],
  ['range', false],
] as const;

describe.each([
  ['demo', { warning: ['worker-2'], critical: ['worker-2'], down: [], queue: [] }],
  // What never answered has not told its name: it goes by its address, here the last one listed.
  ['outage', { warning: [], critical: [], down: ['last address'], queue: [] }],
  ['queue-drops', { warning: [], critical: [], down: [], queue: ['worker-4'] }],
  ['healthy', { warning: [], critical: [], down: [], queue: [] }],
])('scenario %s', (scenario, expected: Record<keyof typeof uids, string[]>) => {
  let stage: Stage;

  beforeAll(async () => {
    stage = await setStage(scenario);
    // The plugin scrapes from its first request on; a rate takes two scrapes of every node.
    await until('rates of every node that answers', async () => {
      const { seen } = await firing(stage, uids.warning, true);
      const up = await firing(stage, uids.down, true);
      return seen.length > 0 && seen.length >= up.seen.length - up.nodes.length ? seen : undefined;
    });
  });
  afterAll(() => stage?.close());

  it.each(
    (Object.keys(uids) as Array<keyof typeof uids>).flatMap((rule) =>
      modes.map(([mode, instant]) => ({ rule, mode, instant }))
    )
  )('$rule, $mode', async ({ rule, instant }) => {
    const listed = (await (await fetch(`${stage.fleet}/targets`)).json()) as Array<{ targets: string[] }>;
    const last = listed.flatMap(({ targets }) => targets).at(-1) ?? '';
    const wanted = expected[rule].map((name) => (name === 'last address' ? last : name));
    const found = await until(`${rule} to hold for ${wanted.join(', ') || 'no node'}`, async () => {
      const now = await firing(stage, uids[rule], instant);
      return now.nodes.join() === wanted.join() && now.seen.length > 0 ? now : undefined;
    });
    expect(found.nodes).toEqual(wanted);
  });
});

it('ships no rule that is not tried here', () => {
  expect([...rules.keys()].sort()).toEqual(Object.values(uids).sort());
});
