import { css } from '@emotion/css';
import { type GrafanaTheme2 } from '@grafana/data';
import { MultiCombobox, useStyles2 } from '@grafana/ui';
import { useId } from 'react';
import { t } from '../../i18n';
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
  /** Whether a dashboard variable can be typed. */
  takesVariables?: boolean;
}

/** A multi-select whose options have descriptions. */
export function OptionPicker({ label, tooltip, placeholder, options, value, onChange, takesVariables }: Props) {
  const id = useId();
  const styles = useStyles2(getStyles);
  // With createCustomValue, whatever was typed would be the first option of every search.
  const variableIn = (text: string): PickerOption[] =>
    takesVariables && text.includes('$')
      ? [{ value: text, label: text, description: t('query.variable', 'Dashboard variable') }]
      : [];
  const selected = value.map((one) => options.find((option) => option.value === one) ?? { value: one, label: one });
  return (
    <div className={styles.field}>
      <EditorField label={label} tooltip={tooltip}>
        <MultiCombobox
          id={id}
          aria-labelledby={labelId(id)}
          placeholder={placeholder}
          options={(text) => Promise.resolve([...variableIn(text), ...searchOptions(options, text)])}
          value={selected}
          onChange={(changed) => onChange(changed.map((option) => option.value))}
        />
      </EditorField>
    </div>
  );
}

// The list is as wide as the field and shows the descriptions. Panes of Explore may be narrower.
const getStyles = (theme: GrafanaTheme2) => ({
  field: css({ flex: `0 1 ${theme.spacing(65)}`, minWidth: 0 }),
});
