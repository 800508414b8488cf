import { type Matching } from './ast';
import { type Labels, metadata } from './labels';
import { type StepSeries } from './steps';

/** The labels that are compared in vector matching. */
export function matchLabels(labels: Labels, { on, labels: names }: Matching): Labels {
  return on ? labels.keep(names) : labels.drop([...metadata, ...names]);
}

/** Groups series by the key of their matching labels. */
export function bySignature(all: StepSeries[], matching: Matching): Map<string, StepSeries[]> {
  const groups = new Map<string, StepSeries[]>();
  for (const one of all) {
    const { key } = matchLabels(one.labels, matching);
    const group = groups.get(key);
    if (group) {
      group.push(one);
    } else {
      groups.set(key, [one]);
    }
  }
  return groups;
}

/** The steps at which any of the series has a value. */
export function presence(all: StepSeries[], count: number): Uint8Array {
  const there = new Uint8Array(count);
  for (const { present } of all) {
    for (let step = 0; step < count; step++) {
      there[step]! |= present[step]!;
    }
  }
  return there;
}
