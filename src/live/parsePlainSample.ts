import { type SampleLine } from './parseSample';

const sample = /([A-Za-z_]\w*)(\{[A-Za-z_]\w*="[^"\\\n]+"(?:,[A-Za-z_]\w*="[^"\\\n]+")*\})? ([0-9.]+)\n/y;
const pair = /[{,](\w+)="([^"]+)"/y;

/** A line in canonical form. */
export interface PlainSample extends SampleLine {
  isPlain: true;
  /** Offset of its value. */
  valueAt: number;
}

/**
 * Parses the line at an offset if it is in canonical form: one blank before the value and no others, sorted labels, nothing
 * in a value that would have to be escaped, only digits. Most lines are. The result is that of {@link parseSample}, in half
 * the time.
 */
export function parsePlainSample(body: string, at: number): PlainSample | undefined {
  sample.lastIndex = at;
  const match = sample.exec(body);
  if (!match) {
    return undefined;
  }
  const [, name = '', set = '', value = ''] = match;
  const valueAt = sample.lastIndex - 1 - value.length;
  const labels: SampleLine['labels'] = [];
  let previous = '';
  pair.lastIndex = 0;
  for (let found = pair.exec(set); found; found = pair.exec(set)) {
    const [, label = '', text = ''] = found;
    if (label <= previous) {
      return undefined;
    }
    labels.push([label, text]);
    previous = label;
  }
  return { series: body.slice(at, valueAt - 1), name, labels, value, isPlain: true, valueAt };
}
