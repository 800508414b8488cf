import { catalogue } from '../../signals';
import { OptionPicker, type PickerOption } from './OptionPicker';

interface Choice {
  option: PickerOption;
  /** The checks that choosing it means. */
  checks: string[];
}

/** Each dimension as a whole, then its checks. */
const CHOICES: Choice[] = catalogue.dimensions.flatMap((dimension) => {
  const group = dimension.title;
  const checks = catalogue.checks.flatMap(({ id, signal: judged }) => {
    const signal = catalogue.signals.find((known) => known.id === judged);
    return signal?.dimension === dimension.id
      ? [{ option: { value: id, label: signal.title, description: signal.summary, group }, checks: [id] }]
      : [];
  });
  if (checks.length === 0) {
    return [];
  }
  const all = { value: `all of ${dimension.id}`, label: `All of ${group}`, description: dimension.question, group };
  return [{ option: all, checks: checks.flatMap((check) => check.checks) }, ...checks];
});

interface Props {
  /** Ids of checks or of the signals that they judge; none for all. */
  checks: string[];
  onChange: (checks: string[]) => void;
}

export function CheckPicker({ checks, onChange }: Props) {
  return (
    <OptionPicker
      label="Checks"
      tooltip="What is judged. Without a choice: everything."
      placeholder="All checks"
      options={CHOICES.map(({ option }) => option)}
      value={checks}
      onChange={(chosen) => onChange(chosen.reduce(resolve, []))}
    />
  );
}

/** Adds what a choice stands for; a whole dimension that is chosen once more goes. An unknown id stays as it is. */
function resolve(checks: string[], value: string): string[] {
  const meant = CHOICES.find(({ option }) => option.value === value)?.checks ?? [value];
  return meant.every((check) => checks.includes(check))
    ? checks.filter((check) => !meant.includes(check))
    : [...new Set([...checks, ...meant])];
}
