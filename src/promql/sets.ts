import { type Binary } from './ast';
import { type Evaluator } from './context';
import { bySignature, matchLabels, presence } from './signature';
import { isEmpty, merge, type StepSeries } from './steps';

/** `and` and `unless` filter the left side; `or` adds the series of the right side that the left does not have. */
export function setOperation(
  { operator, matching }: Binary,
  left: StepSeries[],
  right: StepSeries[],
  { grid }: Evaluator
): StepSeries[] {
  const added = operator === 'or';
  const [kept, other] = added ? [right, left] : [left, right];
  const there = new Map(
    [...bySignature(other, matching)].map(([key, group]) => [key, presence(group, grid.count)] as const)
  );
  const wanted = operator === 'and' ? 1 : 0;
  const filtered = kept
    .map((one) => {
      const matches = there.get(matchLabels(one.labels, matching).key);
      const present = one.present.map((present, step) => (present === 1 && (matches?.[step] ?? 0) === wanted ? 1 : 0));
      return { ...one, present };
    })
    .filter((one) => !isEmpty(one));
  return merge(added ? [...left, ...filtered] : filtered);
}
