import { EditorField } from '@grafana/plugin-ui';
import { MultiCombobox } from '@grafana/ui';
import { isEqual } from 'lodash';
import { useId } from 'react';
import { type FalcoSettings } from '../../settings';
import { groupingsOf, knownSignals } from './allowed';

const EACH_FALCO = {
  value: '$identity',
  label: 'each Falco',
  description: 'By the labels that tell one from another: cluster, node',
};

interface Props {
  signals: string[];
  by: string[] | undefined;
  settings: FalcoSettings;
  /** Given nothing when the signal's own default holds. */
  onChange: (by: string[] | undefined) => void;
}

export function GroupBy({ signals: ids, by, settings, onChange }: Props) {
  const id = useId();
  const signals = knownSignals(ids);
  const defaults = signals.map((signal) => signal.groupBy.default);
  // Signals with different defaults have none in common to show.
  const own = defaults.every((labels) => isEqual(labels, defaults[0])) ? (defaults[0] ?? []) : [];
  const options = [EACH_FALCO, ...groupingsOf(signals, settings).map((value) => ({ value, label: value }))];
  const chosen = (by ?? own).map(
    (value) => options.find((option) => option.value === value) ?? { value, label: value }
  );
  return (
    <EditorField
      label="Group by"
      tooltip="One series for each combination of these labels. With none of them: one total."
    >
      <MultiCombobox
        id={id}
        placeholder={by === undefined && own.length === 0 ? 'As each signal suggests' : 'One total'}
        options={options}
        value={chosen}
        onChange={(selected) => {
          const labels = selected.map(({ value }) => value);
          onChange(isEqual(labels, own) ? undefined : labels);
        }}
        createCustomValue
        width="auto"
        minWidth={25}
        maxWidth={60}
      />
    </EditorField>
  );
}
