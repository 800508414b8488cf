import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Outcome, runScript } from './run';

export interface ScriptOutcome {
  /** The script's name without its ending. */
  script: string;
  outcomes: Outcome[];
}

/** Runs the scripts of the Prometheus version in go.mod, read from the Go module cache. */
export function runScripts(delayedNameRemoval = true): ScriptOutcome[] {
  const args = ['list', '-m', '-f', '{{.Dir}}', 'github.com/prometheus/prometheus'];
  const module = execFileSync('go', args, { encoding: 'utf8' }).trim();
  const folder = join(module, 'promql/promqltest/testdata');
  return readdirSync(folder)
    .filter((name) => name.endsWith('.test'))
    .sort()
    .map((name) => ({
      script: name.replace(/\.test$/, ''),
      outcomes: runScript(readFileSync(join(folder, name), 'utf8'), delayedNameRemoval),
    }));
}

export function count(outcomes: Outcome[], as: Outcome['as']): number {
  return outcomes.filter((one) => one.as === as).length;
}
