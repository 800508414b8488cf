import { parseDuration, parseNumber, unquote } from '../../src/promql/literals';
import { seriesLine, type SeriesLine } from './series';

/** An `expect` line. */
export interface Expectation {
  kind: 'ordered' | 'fail' | 'warn' | 'no_warn' | 'info' | 'no_info';
  matches(text: string): boolean;
  says: string;
}

export interface Evaluation {
  command: 'eval';
  /** From 1. */
  line: number;
  query: string;
  range: boolean;
  /** Milliseconds. */
  start: number;
  end: number;
  step: number;
  expectations: Expectation[];
  series: SeriesLine[];
  scalar?: number;
  text?: string;
  /** Samples of a range vector are expected from start to end. */
  samples: boolean;
}

export type Command =
  { command: 'clear' } | { command: 'load'; step: number; series: SeriesLine[]; histograms: boolean } | Evaluation;

const instant = /^eval(?:_(fail|warn|ordered|info))?\s+instant\s+(?:at\s+(.+?))?\s+(.+)$/;
const ranged = /^eval(?:_(fail|warn|info))?\s+range\s+from\s+(.+)\s+to\s+(.+)\s+step\s+(.+?)\s+(.+)$/;

/** Parses a script in Prometheus's test language (promql/promqltest/README.md). */
export function commands(text: string): Command[] {
  const lines = text.split('\n').map((line) => (/^\s*#/.test(line) ? '' : line.trim()));
  const all: Command[] = [];
  for (let i = 0; i < lines.length; i++) {
    const line = lines[i]!;
    const body: string[] = [];
    const from = i + 1;
    if (line === '') {
      continue;
    }
    while (line !== 'clear' && i + 1 < lines.length && lines[i + 1] !== '') {
      body.push(lines[++i]!);
    }
    all.push(command(line, body, from));
  }
  return all;
}

function command(line: string, body: string[], at: number): Command {
  if (line === 'clear') {
    return { command: 'clear' };
  }
  const load = /^load(_with_nhcb)?\s+(.+)$/.exec(line);
  if (load) {
    return { command: 'load', step: time(load[2]!), series: body.map(seriesLine), histograms: load[1] !== undefined };
  }
  return evaluation(line, body, at);
}

function evaluation(line: string, body: string[], at: number): Evaluation {
  const range = ranged.exec(line);
  const found = range ?? instant.exec(line);
  if (!found) {
    throw new Error(`line ${at}: no command: ${line}`);
  }
  const [, , from, to, every] = found;
  const result: Evaluation = {
    command: 'eval',
    line: at,
    query: range ? range[5]! : found[3]!,
    range: range !== null,
    start: time(from!),
    end: time(range ? to! : from!),
    step: range ? time(every!) : 0,
    expectations: found[1] ? [expectation(found[1] as Expectation['kind'])] : [],
    series: [],
    samples: false,
  };
  for (const one of body) {
    expected(one, result);
  }
  return result;
}

function expected(line: string, result: Evaluation): void {
  const message = /^expected_fail_(message|regexp)\s+(.+)$/.exec(line);
  const vector = /^expect range vector\s+from\s+(.+)\s+to\s+(.+)\s+step\s+(.+)$/.exec(line);
  const text = /^expect string\s+(.+)$/.exec(line);
  const note = /^expect\s+(ordered|fail|warn|no_warn|info|no_info)(?:\s+(regex|msg):(.+))?$/.exec(line);
  const number = parseNumber(line);
  if (message) {
    result.expectations.push(expectation('fail', message[1] === 'message' ? 'msg' : 'regex', message[2]));
  } else if (vector) {
    Object.assign(result, { start: time(vector[1]!), end: time(vector[2]!), step: time(vector[3]!), samples: true });
  } else if (text) {
    const value = unquote(text[1]!);
    result.text = 'value' in value ? value.value : '';
  } else if (note) {
    result.expectations.push(expectation(note[1] as Expectation['kind'], note[2], note[3]));
  } else if (number !== undefined) {
    result.scalar = number;
  } else {
    result.series.push(seriesLine(line));
  }
}

function expectation(kind: Expectation['kind'], match?: string, text = ''): Expectation {
  const says = text.trim();
  const pattern = match === 'regex' ? new RegExp(says) : undefined;
  return { kind, says, matches: (given) => !match || (pattern ? pattern.test(given) : given === says) };
}

function time(text: string): number {
  const seconds = text === '0' ? 0 : parseDuration(text);
  if (seconds === undefined) {
    throw new Error(`no duration: ${text}`);
  }
  return Math.round(seconds * 1000);
}
