import { EditorField } from '@grafana/plugin-ui';
import { type ComboboxOption, MultiCombobox } from '@grafana/ui';
import { useId } from 'react';
import { catalogue } from '../../signals';
import { unitWord } from './units';

const dimensions = new Map(catalogue.dimensions.map(({ id, title }) => [id, title]));

/** In the order of the dimensions, so that each is one group. */
const OPTIONS: Array<Required<Pick<ComboboxOption<string>, 'value' | 'label' | 'description' | 'group'>>> =
  catalogue.dimensions.flatMap((dimension) =>
    catalogue.signals
      .filter((signal) => signal.dimension === dimension.id)
      .map(({ id, title, unit, summary }) => ({
        value: id,
        label: `${title} (${unitWord(unit)})`,
        description: summary,
        group: dimensions.get(dimension.id) ?? dimension.id,
      }))
  );

/** The signals that have every word somewhere in their name, meaning or dimension. */
export function searchSignals(text: string): typeof OPTIONS {
  const words = text.toLowerCase().split(/\s+/).filter(Boolean);
  return OPTIONS.filter((option) => {
    const texts = Object.values(option).join(' ').toLowerCase();
    return words.every((word) => texts.includes(word));
  });
}

interface Props {
  signals: string[];
  onChange: (signals: string[]) => void;
}

export function SignalPicker({ signals, onChange }: Props) {
  const id = useId();
  const chosen = signals.map((value) => OPTIONS.find((option) => option.value === value) ?? { value, label: value });
  return (
    <EditorField label="Signals" tooltip="What to show. Several make several series, or the columns of one table.">
      <MultiCombobox
        id={id}
        placeholder="Choose a signal"
        options={(text) => Promise.resolve(searchSignals(text))}
        value={chosen}
        onChange={(options) => onChange(options.map(({ value }) => value))}
        // The list is as wide as the field, and shows a line of meaning for each signal.
        width="auto"
        minWidth={65}
        maxWidth={100}
      />
    </EditorField>
  );
}
