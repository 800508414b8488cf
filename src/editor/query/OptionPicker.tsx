import { EditorField } from '@grafana/plugin-ui';
import { type ComboboxOption, MultiCombobox } from '@grafana/ui';
import { useId } from 'react';

export type PickerOption = Required<Pick<ComboboxOption<string>, 'value' | 'label' | 'description'>> & {
  group?: string;
};

/** The options that contain every word of the text in their id, label, description or group. */
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
  /** Selected ids. An id without an option is shown unchanged. */
  value: string[];
  onChange: (ids: string[]) => void;
}

/** A multi-select whose options have descriptions. */
export function OptionPicker({ label, tooltip, placeholder, options, value, onChange }: Props) {
  const id = useId();
  const selected = value.map((one) => options.find((option) => option.value === one) ?? { value: one, label: one });
  return (
    <EditorField label={label} tooltip={tooltip}>
      <MultiCombobox
        id={id}
        placeholder={placeholder}
        options={(text) => Promise.resolve(searchOptions(options, text))}
        value={selected}
        onChange={(changed) => onChange(changed.map((option) => option.value))}
        // The list is as wide as the field and shows the descriptions.
        width="auto"
        minWidth={65}
        maxWidth={100}
      />
    </EditorField>
  );
}
