import { arithmetic, comparison } from './arithmetic';
import { type Binary, type Matching } from './ast';
import { type Evaluator, type Query } from './context';
import { EvaluationError } from './errors';
import { type Labels } from './labels';
import { bySignature, matchLabels, presence } from './signature';
import { Collector, type StepSeries } from './steps';

/** Arithmetic and comparison between two vectors: combines every series with its match. */
export function matchVectors(
  expr: Binary,
  left: StepSeries[],
  right: StepSeries[],
  { grid, query }: Evaluator
): StepSeries[] {
  const { matching } = expr;
  // From here on, the side that may have several matches comes first.
  const [many, one] = matching.many === 'right' ? [right, left] : [left, right];
  const ones = bySignature(one, matching);
  refuseDuplicates(ones, many, matching, grid.count);

  const compute = operation(expr);
  const results = new Collector(grid.count);
  for (const [key, group] of bySignature(many, matching)) {
    const partners = ones.get(key);
    if (!partners) {
      continue;
    }
    const unique = new UniqueResults(group.length * partners.length > 1, matching, grid.count);
    for (const first of group) {
      for (const second of partners) {
        const labels = resultLabels(first.labels, second.labels, expr, query);
        const result = results.seriesFor(labels, expr.bool);
        for (let step = 0; step < grid.count; step++) {
          if (first.present[step] === 1 && second.present[step] === 1) {
            unique.claim(labels, step);
            const value = compute(first.values[step]!, second.values[step]!);
            if (value !== undefined) {
              results.add(result, step, value);
            }
          }
        }
      }
    }
  }
  return results.result();
}

/** Computes a result from a value of the "many" side and one of the other; undefined when it is filtered out. */
function operation({ operator, bool, matching }: Binary): (first: number, second: number) => number | undefined {
  const swapped = matching.many === 'right';
  const operate = arithmetic.get(operator);
  if (operate) {
    return swapped ? (first, second) => operate(second, first) : operate;
  }
  const compare = comparison.get(operator)!;
  return (first, second) => {
    const [a, b] = swapped ? [second, first] : [first, second];
    const holds = compare(a, b);
    return bool ? Number(holds) : holds ? a : undefined;
  };
}

/** Detects several results for the same labels and step, when several pairs of series have the same matching labels. */
class UniqueResults {
  private readonly byLabels = new Map<string, Uint8Array>();

  constructor(
    private readonly needed: boolean,
    private readonly matching: Matching,
    private readonly count: number
  ) {}

  claim(labels: Labels, step: number): void {
    if (!this.needed) {
      return;
    }
    const key = this.matching.many ? labels.key : '';
    let steps = this.byLabels.get(key);
    if (!steps) {
      steps = new Uint8Array(this.count);
      this.byLabels.set(key, steps);
    }
    if (steps[step] === 1) {
      const why = this.matching.many
        ? 'grouping labels must ensure unique matches'
        : 'many-to-one matching must be explicit (group_left/group_right)';
      throw new EvaluationError(`multiple matches for labels: ${why}`);
    }
    steps[step] = 1;
  }
}

function refuseDuplicates(
  ones: Map<string, StepSeries[]>,
  many: StepSeries[],
  matching: Matching,
  count: number
): void {
  for (const group of ones.values()) {
    for (let i = 1; i < group.length; i++) {
      const asked = presence(many, count);
      const before = group.slice(0, i);
      const at = asked.findIndex(
        (there, step) => there === 1 && group[i]!.present[step] === 1 && holder(before, step) !== undefined
      );
      if (at >= 0) {
        throw duplicates(holder(before, at)!.labels, group[i]!.labels, matching);
      }
    }
  }
}

function holder(all: StepSeries[], step: number): StepSeries | undefined {
  return all.find(({ present }) => present[step] === 1);
}

function duplicates(a: Labels, b: Labels, matching: Matching): EvaluationError {
  const side = matching.many === 'right' ? 'left' : 'right';
  const both = [String(a), String(b)].sort().join(', ');
  return new EvaluationError(
    `found duplicate series for the match group ${matchLabels(b, matching)} on the ${side} hand-side of the operation: ` +
      `[${both}];many-to-many matching not allowed: matching labels must be unique on one side`
  );
}

/** The labels of the "many" side; in one-to-one matching only the matching labels. */
function resultLabels(many: Labels, one: Labels, { operator, bool, matching }: Binary, query: Query): Labels {
  const drops = arithmetic.has(operator) || (bool && !query.delayedNameRemoval);
  let labels = drops ? many.dropMetadata() : many;
  if (!matching.many) {
    labels = matching.on ? labels.keep(matching.labels) : labels.drop(matching.labels);
  }
  return matching.include.reduce((all, name) => all.set(name, one.get(name)), labels);
}
