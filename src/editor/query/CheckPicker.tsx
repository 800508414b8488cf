import { once } from 'lodash';
import { t } from '../../i18n';
import { catalogue } from '../../signals';
import { OptionPicker } from './OptionPicker';
import { type PickerOption } from './searchOptions';

interface Choice {
  option: PickerOption;
  /** The ids that the option selects. */
  checks: string[];
}

/** For each dimension: an option for all of its checks, then one for each check. */
const listChoices = once((): Choice[] =>
  catalogue.dimensions.flatMap((dimension) => {
    const group = dimension.title;
    const checks = catalogue.checks.flatMap(({ id, signal: signalId }) => {
      const signal = catalogue.signals.find((known) => known.id === signalId);
      return signal?.dimension === dimension.id
        ? [{ option: { value: id, label: signal.title, description: signal.summary, group }, checks: [id] }]
        : [];
    });
    if (checks.length === 0) {
      return [];
    }
    const all = {
      value: `all of ${dimension.id}`,
      label: t('check.all-of', 'All of {{dimension}}', { dimension: group }),
      description: dimension.question,
      group,
    };
    return [{ option: all, checks: checks.flatMap((check) => check.checks) }, ...checks];
  })
);

interface Props {
  /** Ids of checks, or of the signals that they evaluate. An empty list means all checks. */
  checks: string[];
  onChange: (checks: string[]) => void;
}

export function CheckPicker({ checks, onChange }: Props) {
  return (
    <OptionPicker
      label={t('check.checks', 'Checks')}
      tooltip={t('check.checks-help', 'The checks to evaluate. All checks by default.')}
      placeholder={t('check.all', 'All checks')}
      options={listChoices().map(({ option }) => option)}
      value={checks}
      onChange={(selected) => onChange(selected.reduce(toggle, []))}
    />
  );
}

/** Adds the checks of an option. Selecting a whole dimension again removes its checks. Unknown ids are kept. */
function toggle(checks: string[], value: string): string[] {
  const selected = listChoices().find(({ option }) => option.value === value)?.checks ?? [value];
  return selected.every((check) => checks.includes(check))
    ? checks.filter((check) => !selected.includes(check))
    : [...new Set([...checks, ...selected])];
}
