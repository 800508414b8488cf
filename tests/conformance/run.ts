import { EvaluationError, evaluateExpr, ParseError, parse, type Result, UnsupportedError } from '../../src/promql';
import { compare } from './compare';
import { fixedAt } from './fixed';
import { commands, type Evaluation } from './script';
import { Refusal, Store } from './store';

/** The outcome of one `eval`. */
export type Outcome = { line: number; query: string } & (
  { as: 'passed' } | { as: 'refused'; construct: string } | { as: 'failed'; why: string }
);

/**
 * Runs a script, each evaluation in all the ways in which Prometheus runs it. The scripts expect that names are dropped at
 * the end of a query, whereas the plugin's engines drop them immediately.
 */
export function runScript(text: string, delayedNameRemoval = true): Outcome[] {
  const outcomes: Outcome[] = [];
  let store = new Store();
  for (const command of commands(text)) {
    if (command.command === 'clear') {
      store = new Store();
    } else if (command.command === 'load') {
      store.load(command.series, command.step, command.histograms);
    } else {
      outcomes.push({ line: command.line, query: command.query, ...run(command, store, delayedNameRemoval) });
    }
  }
  return outcomes;
}

type Verdict = { as: 'passed' } | { as: 'refused'; construct: string } | { as: 'failed'; why: string };

function run(evaluation: Evaluation, store: Store, delayedNameRemoval: boolean): Verdict {
  const failure = evaluation.expectations.find(({ kind }) => kind === 'fail');
  try {
    attempt(evaluation, store, delayedNameRemoval);
    return failure ? { as: 'failed', why: `expected an error ${failure.says}` } : { as: 'passed' };
  } catch (error) {
    if (error instanceof Refusal || error instanceof UnsupportedError) {
      return { as: 'refused', construct: error.construct };
    }
    const why = (error as Error).message;
    const told = error instanceof ParseError || error instanceof EvaluationError;
    return told && failure?.matches(why) ? { as: 'passed' } : { as: 'failed', why };
  }
}

function attempt(evaluation: Evaluation, store: Store, delayedNameRemoval: boolean): void {
  const { query, start, end, step, range } = evaluation;
  const expr = parse(query);
  const evaluateAt = (times: { start: number; end?: number; step?: number }, of = expr) =>
    evaluateExpr(of, query, store, { ...times, delayedNameRemoval });
  const result = evaluateAt(range ? { start, end, step } : { start: end });
  if (evaluation.expectations.some(({ kind }) => kind === 'fail')) {
    return;
  }
  check(evaluation, result);
  if (range) {
    return;
  }
  for (const { of, time } of [{ of: expr, time: end }, ...fixedVariants(expr, end)]) {
    compare(evaluation, evaluateAt({ start: time }, of));
    if (!evaluation.samples && evaluation.text === undefined && !/(start|end|range|step)\(\)/.test(query)) {
      const around = evaluateAt({ start: time - 60_000, end: time + 60_000, step: 60_000 }, of);
      compareMiddle(evaluation, around, time);
    }
  }
}

/** Evaluates the same query with fixed times at other times. */
function fixedVariants(expr: ReturnType<typeof parse>, time: number) {
  const fixed = fixedAt(expr, time);
  const others = time === 0 ? [-1000, 1000] : [-10 * time, 0, Math.trunc(time / 5), time, 10 * time];
  return fixed ? others.map((other) => ({ of: fixed, time: other })) : [];
}

/** A range query must have the result of the instant query at its middle step. */
function compareMiddle(evaluation: Evaluation, result: Result, time: number): void {
  if (evaluation.expectations.some(({ kind }) => kind === 'ordered')) {
    return;
  }
  const series = result.series.flatMap(({ labels, times, values }) => {
    const middle = times.indexOf(time);
    const one = [middle, middle + 1] as const;
    return middle < 0 ? [] : [{ labels, times: times.subarray(...one), values: values.subarray(...one) }];
  });
  compare(evaluation, { ...result, type: evaluation.scalar === undefined ? 'vector' : 'scalar', series });
}

function check(evaluation: Evaluation, result: Result): void {
  compare(evaluation, result);
  for (const kind of ['warn', 'info'] as const) {
    const word = kind === 'warn' ? 'warning' : 'info';
    const annotations = result.annotations.filter((note) => note.startsWith(`PromQL ${word}: `));
    const wanted = evaluation.expectations.filter((one) => one.kind === kind);
    const missing = wanted.find((one) => !annotations.some((note) => one.matches(note)));
    const none = evaluation.expectations.some((one) => one.kind === `no_${kind}`) || wanted.length > 0;
    const extra = none && annotations.find((note) => !wanted.some((one) => one.matches(note)));
    if (missing || extra) {
      throw new Error(missing ? `no ${word} ${missing.says}, found ${annotations.join(' ')}` : `unexpected ${extra}`);
    }
  }
}
