import { MultiCombobox } from '@grafana/ui';
import { isEqual } from 'lodash';
import { useId } from 'react';
import { t } from '../../i18n';
import { EditorField, labelId } from '../EditorField';
import { type FalcoSettings } from '../../settings';
import { commonGroupings, findSignals } from '../../labelChoices';

const describeInstance = () => ({
  value: '$identity',
  label: t('group.instance', 'Falco instance'),
  description: t('group.instance-help', 'By the identity labels, such as cluster and node'),
});

interface Props {
  signals: string[];
  groupBy: string[] | undefined;
  settings: FalcoSettings;
  /** Called with undefined when the default of the signals is selected. */
  onChange: (groupBy: string[] | undefined) => void;
}

/** The labels that signals are grouped by. */
export function GroupBy({ signals: ids, groupBy, settings, onChange }: Props) {
  const id = useId();
  const signals = findSignals(ids);
  const defaults = signals.map((signal) => signal.groupBy.default);
  // Signals with different defaults have no common default to show.
  const common = defaults.every((labels) => isEqual(labels, defaults[0])) ? (defaults[0] ?? []) : [];
  const options = [describeInstance(), ...commonGroupings(signals, settings).map((value) => ({ value, label: value }))];
  const selected = (groupBy ?? common).map(
    (value) => options.find((option) => option.value === value) ?? { value, label: value }
  );
  return (
    <EditorField
      label={t('group.group-by', 'Group by')}
      tooltip={t(
        'group.labels-help',
        'Returns one series for each combination of these labels. Without labels it returns one total.'
      )}
    >
      <MultiCombobox
        id={id}
        aria-labelledby={labelId(id)}
        placeholder={
          groupBy === undefined && common.length === 0
            ? t('group.default', 'Default of each signal')
            : t('group.total', 'Total')
        }
        options={options}
        value={selected}
        onChange={(changed) => {
          const labels = changed.map(({ value }) => value);
          onChange(isEqual(labels, common) ? undefined : labels);
        }}
        createCustomValue
        width="auto"
        minWidth={25}
        maxWidth={60}
      />
    </EditorField>
  );
}
