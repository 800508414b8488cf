import { EditorField } from '@grafana/plugin-ui';
import { type ComboboxOption, MultiCombobox } from '@grafana/ui';
import { useId } from 'react';

export type PickerOption = Required<Pick<ComboboxOption<string>, 'value' | 'label' | 'description'>> & {
  group?: string;
};

/** The options that have every word somewhere in their name, meaning or group. */
export function searchOptions(options: PickerOption[], text: string): PickerOption[] {
  const words = text.toLowerCase().split(/\s+/).filter(Boolean);
  return options.filter((option) => {
    const texts = Object.values(option).join(' ').toLowerCase();
    return words.every((word) => texts.includes(word));
  });
}

interface Props {
  label: string;
  tooltip: string;
  placeholder: string;
  options: PickerOption[];
  /** Ids; one that is no option is shown as it is. */
  value: string[];
  onChange: (ids: string[]) => void;
}

/** Several of a list whose entries say what they mean. */
export function OptionPicker({ label, tooltip, placeholder, options, value, onChange }: Props) {
  const id = useId();
  const chosen = value.map((one) => options.find((option) => option.value === one) ?? { value: one, label: one });
  return (
    <EditorField label={label} tooltip={tooltip}>
      <MultiCombobox
        id={id}
        placeholder={placeholder}
        options={(text) => Promise.resolve(searchOptions(options, text))}
        value={chosen}
        onChange={(selected) => onChange(selected.map((option) => option.value))}
        // The list is as wide as the field, and shows a line of meaning for each entry.
        width="auto"
        minWidth={65}
        maxWidth={100}
      />
    </EditorField>
  );
}
