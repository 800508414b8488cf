import { Labels } from '../../src/promql';
import { parseNumber, unquote } from '../../src/promql/literals';

/** A sample of a test script: a number, a stale marker, a histogram, or none. */
export type Point = number | 'stale' | 'histogram' | undefined;

/** One line of a script: a series and its loaded or expected samples. */
export interface SeriesLine {
  labels: Labels;
  points: Point[];
  /** The line gives start times of the samples in the next line. */
  startTimes: boolean;
}

/** Parses `metric{a="b"} 1 2+3x2 _ stale`. Throws an Error that quotes unreadable text. */
export function seriesLine(line: string): SeriesLine {
  const braces = /^([^\s{]*)\s*(\{(?!\{))/.exec(line);
  const name = braces ? braces[1]! : /^[^\s@]+/.exec(line)![0];
  let at = name.length;
  let entries: Array<[string, string]> = [];
  if (braces) {
    [entries, at] = labelSet(line, braces[0].length);
  }
  if (name !== '') {
    entries.push(['__name__', name]);
  }
  const startTimes = line.startsWith('@st', at);
  return { labels: Labels.fromEntries(entries), points: startTimes ? [] : points(line.slice(at)), startTimes };
}

/** The labels that start at `start`, and the offset after the closing brace. */
function labelSet(line: string, start: number): [Array<[string, string]>, number] {
  const entries: Array<[string, string]> = [];
  const quoted = /"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'|`[^`]*`/y;
  const skip = /[\s,]*/y;
  let at = start;
  const read = (pattern: RegExp): string | undefined => {
    pattern.lastIndex = at;
    const found = pattern.exec(line)?.[0];
    at += found?.length ?? 0;
    return found;
  };
  const text = (): string | undefined => {
    const found = read(quoted);
    const value = found === undefined ? undefined : unquote(found);
    return value && 'value' in value ? value.value : undefined;
  };
  for (read(skip); line[at] !== '}'; read(skip)) {
    const name = text() ?? read(/[^\s=,{}"]+/y);
    if (name === undefined) {
      throw new Error(`no labels: ${line}`);
    }
    if (read(/\s*=\s*/y) === undefined) {
      entries.push(['__name__', name]);
      continue;
    }
    entries.push([name, text() ?? '']);
  }
  return [entries, at + 1];
}

function points(text: string): Point[] {
  const words = text.match(/\{\{.*?\}\}(?:[-+]\{\{.*?\}\})?(?:x\d+)?|\S+/g) ?? [];
  return words.flatMap(expand);
}

function expand(word: string): Point[] {
  const [, times] = /x(\d+)$/.exec(word) ?? [];
  const repeat = times === undefined ? undefined : Number(times);
  const body = repeat === undefined ? word : word.slice(0, -times!.length - 1);
  if (body === '_') {
    return Array.from({ length: repeat ?? 1 }, () => undefined);
  }
  const length = (repeat ?? 0) + 1;
  if (body === 'stale' || body.startsWith('{{')) {
    return Array.from({ length }, () => (body === 'stale' ? 'stale' : 'histogram'));
  }
  const [, first = '', increment = '0'] = /^(.+?(?<!e))([-+][^-+]+(?:e[-+]?\d+)?)$/i.exec(body) ?? ['', body];
  const split = repeat !== undefined && parseNumber(first) !== undefined;
  const start = number(split ? first : body);
  const step = split ? number(increment) : 0;
  const all: number[] = [];
  for (let value = start; all.length < length; value += step) {
    all.push(value);
  }
  return all;
}

function number(text: string): number {
  const value = parseNumber(text);
  if (value === undefined) {
    throw new Error(`no value: ${text}`);
  }
  return value;
}
