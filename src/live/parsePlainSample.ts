import { type Line } from './parseSample';

const sample = /([A-Za-z_]\w*)(\{[A-Za-z_]\w*="[^"\\\n]+"(?:,[A-Za-z_]\w*="[^"\\\n]+")*\})? ([0-9.]+)\n/y;
const pair = /[{,](\w+)="([^"]+)"/y;

/** A line that is written in the one way that needs no second look. */
export interface Plain extends Line {
  isPlain: true;
  /** Where its value begins. */
  valueAt: number;
}

/**
 * Reads a line at a place if it is plain: no blanks but the one before the value, labels in order, nothing in a value that
 * would have to be escaped, only digits. Most lines are, and this takes half the time of {@link parseLine}, which makes
 * the same of them.
 */
export function readPlain(body: string, at: number): Plain | undefined {
  sample.lastIndex = at;
  const found = sample.exec(body);
  if (!found) {
    return undefined;
  }
  const [, name = '', set = '', value = ''] = found;
  const valueAt = sample.lastIndex - 1 - value.length;
  const labels: Line['labels'] = [];
  let last = '';
  pair.lastIndex = 0;
  for (let one = pair.exec(set); one; one = pair.exec(set)) {
    const [, label = '', text = ''] = one;
    if (label <= last) {
      return undefined;
    }
    labels.push([label, text]);
    last = label;
  }
  return { series: body.slice(at, valueAt - 1), name, labels, value, isPlain: true, valueAt };
}
