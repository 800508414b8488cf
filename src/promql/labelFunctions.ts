import { type Expr, type StringLiteral } from './ast';
import { type RE2JS } from 're2js';
import { EvaluationError } from './errors';
import { wholeText } from './regex';
import { merge, type StepSeries } from './steps';

function texts(args: Expr[]): string[] {
  return args.map((arg) => (arg as StringLiteral).value);
}

function checkName(name: string, which: string): void {
  if (name === '') {
    throw new EvaluationError(`invalid ${which}: ${name}`);
  }
}

/** Sets a label. A metric name that a label function has set is no longer dropped. */
function relabelled(one: StepSeries, label: string, value: string): StepSeries {
  const dropName = label === '__name__' ? false : one.dropName;
  return { ...one, labels: one.labels.set(label, value), dropName };
}

export function labelReplace(all: StepSeries[], args: Expr[]): StepSeries[] {
  const [target = '', replacement = '', source = '', regex = ''] = texts(args);
  let pattern: RE2JS;
  try {
    pattern = wholeText(regex);
  } catch {
    throw new EvaluationError(`invalid regular expression in label_replace(): ${regex}`);
  }
  checkName(target, 'destination label name in label_replace()');
  return merge(
    all.map((one) => {
      const match = pattern.matcher(one.labels.get(source));
      return match.matches()
        ? relabelled(
            one,
            target,
            expand(replacement, (group) => groupOf(match, group))
          )
        : one;
    })
  );
}

/** Replaces `$1`, `${1}` and `${name}` by the text of the groups; `$1x` is the group named `1x`. */
function expand(replacement: string, group: (name: string) => string): string {
  return replacement.replace(
    /\$(?:(\$)|(\w+)|\{(\w+)\})/g,
    (_, dollar?: string, bare?: string, braced?: string) => dollar ?? group(bare ?? braced ?? '')
  );
}

/** The text of a group by number or name; '' when it does not exist. */
function groupOf(match: ReturnType<RE2JS['matcher']>, name: string): string {
  const group = /^\d+$/.test(name) ? Number(name) : (match.pattern().namedGroups()[name] ?? Infinity);
  return group <= match.groupCount() ? (match.group(group) ?? '') : '';
}

export function labelJoin(all: StepSeries[], args: Expr[]): StepSeries[] {
  const [target = '', separator = '', ...sources] = texts(args);
  sources.forEach((source) => checkName(source, 'source label name in label_join()'));
  checkName(target, 'destination label name in label_join()');
  return merge(
    all.map((one) => relabelled(one, target, sources.map((source) => one.labels.get(source)).join(separator)))
  );
}
