/** Evaluates the shipped alert rules as Grafana does: the query, then the rule's reduce and threshold expressions. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import { type Frame, root, type Stage } from './harness';

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

/**
 * Rules that need what the fleet here does not do: posted alerts (delivery.test.ts), hours before and after a change
 * (tests/cases/impact.test.ts), and a response that is cut off just before a crash (tests/cases).
 */
const elsewhere = [
  'falco-alerts-lost',
  'falco-canary-missed',
  'falco-change-impact',
  'falco-clock-ahead',
  'falco-crash-while-scraped',
  'falco-delivery-fast-burn',
  'falco-delivery-slow-burn',
];

/** All shipped rules. */
export const allRules = new Map(file.groups.flatMap((group) => group.rules).map((rule) => [rule.uid, rule]));

export const rules = new Map([...allRules].filter(([uid]) => !elsewhere.includes(uid)));

const reducers: Record<string, (values: number[]) => number> = { last: (values) => values.at(-1) ?? NaN };

const evaluators: Record<string, (value: number, bound: number) => boolean> = {
  gt: (value, bound) => value > bound,
  lt: (value, bound) => value < bound,
};

function lookUp<T>(table: Record<string, T>, name: string | undefined, what: string): T {
  const found = name === undefined ? undefined : table[name];
  if (!found) {
    throw new Error(
      `this test does not implement the ${what} "${name}"; it implements ${Object.keys(table).join(', ')}`
    );
  }
  return found;
}

/** The destination, node or cluster that an alert is about. */
function subject(labels: Record<string, string> = {}): string {
  return labels['destination'] ?? labels['node'] ?? labels['cluster'] ?? '';
}

/** Applies the rule's reduce expression: one value per series. */
function reduce(frames: Frame[], reducer: string | undefined): Map<string, number> {
  const values = new Map<string, number>();
  for (const frame of frames) {
    frame.schema.fields.forEach((field, i) => {
      if (field.type === 'number') {
        const column = (frame.data.values[i] ?? []).filter((value): value is number => typeof value === 'number');
        values.set(subject(field.labels), lookUp(reducers, reducer, 'reducer')(column));
      }
    });
  }
  return values;
}

/** Divides every duration in an expression, so that half an hour takes a minute. */
function sped(expr: string, speed: number): string {
  const seconds = { s: 1, m: 60, h: 3600, d: 86_400 };
  return expr.replaceAll(
    /(?<=[[:]|offset )(\d+)([smhd])/g,
    (_, count: string, unit: keyof typeof seconds) => `${Math.round((Number(count) * seconds[unit] * 1000) / speed)}ms`
  );
}

interface Parts {
  rule: Rule;
  query: Rule['data'][number];
  threshold: Partial<Expression>;
  reduction: Partial<Expression>;
}

function parts(rule: Rule): Parts {
  const query = rule.data.find((one) => one.datasourceUid !== '__expr__');
  const byRef = new Map(rule.data.map((one) => [one.refId, one.model]));
  const threshold = byRef.get(rule.condition);
  const reduction = byRef.get(threshold?.expression ?? '');
  if (!query || threshold?.type !== 'threshold' || reduction?.type !== 'reduce') {
    throw new Error(`rule ${rule.uid}: expected a query, a reduce and a threshold as its condition`);
  }
  return { rule, query, threshold, reduction };
}

export interface Evaluation {
  /** By rule: the subjects for which its condition holds now. `for` is ignored. */
  firing: Record<string, string[]>;
  /** By rule: the subjects that have a value. */
  seen: Record<string, string[]>;
}

/**
 * Evaluates all rules at one moment, in one request. `speeds` holds divisors for the durations of rules, by uid. A rule
 * without a value has no data. Throws if any rule fails.
 */
export async function evaluate(
  stage: Stage,
  instant: boolean,
  speeds: Record<string, number> = {},
  evaluated = rules
): Promise<Evaluation> {
  const all = [...evaluated.values()].map(parts);
  const now = Date.now();
  const models = all.map(({ rule, query }) => {
    const datasource = { type: 'falco-metrics-datasource', uid: query.datasourceUid };
    const { expr } = query.model;
    const speed = speeds[rule.uid];
    const changed = speed && typeof expr === 'string' ? { expr: sped(expr, speed) } : {};
    return {
      intervalMs: 1000,
      maxDataPoints: 43_200,
      ...query.model,
      ...changed,
      refId: rule.uid,
      datasource,
      instant,
    };
  });
  const { from, to } = all[0]!.query.relativeTimeRange;
  const range = { from: String(now - from * 1000), to: String(now - to * 1000) };
  const results = await stage.query(models, range, true);
  const evaluation: Evaluation = { firing: {}, seen: {} };
  for (const { rule, threshold, reduction } of all) {
    const result = results[rule.uid];
    if (result?.error || !result?.frames) {
      throw new Error(`rule ${rule.uid}: ${result?.error ?? 'no result'}`);
    }
    const wrong = result.frames.find(
      ({ schema }) => schema.meta?.type !== (instant ? 'numeric-multi' : 'timeseries-multi')
    );
    if (wrong) {
      throw new Error(`rule ${rule.uid}: a frame of type ${wrong.schema.meta?.type}, which alerting does not accept`);
    }
    const values = reduce(result.frames, reduction.reducer);
    const { evaluator } = threshold.conditions?.[0] ?? { evaluator: { type: '', params: [] } };
    const holds = lookUp(evaluators, evaluator.type, 'evaluator');
    const [bound = NaN] = evaluator.params;
    evaluation.firing[rule.uid] = [...values].flatMap(([who, value]) => (holds(value, bound) ? [who] : [])).sort();
    evaluation.seen[rule.uid] = [...values.keys()].sort();
  }
  return evaluation;
}
