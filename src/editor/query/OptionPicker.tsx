import { css } from '@emotion/css';
import { type GrafanaTheme2 } from '@grafana/data';
import { MultiCombobox, useStyles2 } from '@grafana/ui';
import { useId } from 'react';
import { EditorField, labelId } from '../EditorField';
import { type PickerOption, searchOptions } from './searchOptions';

interface Props {
  label: string;
  tooltip: string;
  placeholder: string;
  options: PickerOption[];
  /** Selected ids. An id without an option is shown unchanged. */
  value: string[];
  onChange: (ids: string[]) => void;
  /** Whether another value can be typed, such as a dashboard variable. */
  createCustomValue?: boolean;
}

/** A multi-select whose options have descriptions. */
export function OptionPicker({ label, tooltip, placeholder, options, value, onChange, createCustomValue }: Props) {
  const id = useId();
  const styles = useStyles2(getStyles);
  const selected = value.map((one) => options.find((option) => option.value === one) ?? { value: one, label: one });
  return (
    <div className={styles.field}>
      <EditorField label={label} tooltip={tooltip}>
        <MultiCombobox
          id={id}
          aria-labelledby={labelId(id)}
          placeholder={placeholder}
          options={(text) => Promise.resolve(searchOptions(options, text))}
          value={selected}
          onChange={(changed) => onChange(changed.map((option) => option.value))}
          {...(createCustomValue && { createCustomValue })}
        />
      </EditorField>
    </div>
  );
}

// The list is as wide as the field and shows the descriptions. Panes of Explore may be narrower.
const getStyles = (theme: GrafanaTheme2) => ({
  field: css({ flex: `0 1 ${theme.spacing(65)}`, minWidth: 0 }),
});
