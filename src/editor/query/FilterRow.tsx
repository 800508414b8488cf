import { InputGroup } from '@grafana/plugin-ui';
import { Button, Combobox, type ComboboxOption, FieldValidationMessage } from '@grafana/ui';
import { useId } from 'react';
import { t, verbatim } from '../../i18n';
import { type Filter, type FilterOperator } from '../../query';
import { useLoader } from '../useLoader';

const listOperators = (): Array<ComboboxOption<FilterOperator>> => [
  { value: '=', label: verbatim('='), description: t('filter.equals', 'Equals') },
  { value: '!=', label: verbatim('!='), description: t('filter.not-equals', 'Does not equal') },
  { value: '=~', label: verbatim('=~'), description: t('filter.matches', 'Matches regex') },
  { value: '!~', label: verbatim('!~'), description: t('filter.not-matches', 'Does not match regex') },
];

interface Props {
  /** Position in the list, starting at 1. */
  number: number;
  filter: Filter;
  /** Labels to offer. Other labels can be typed. */
  keys: string[];
  loadValues: (label: string) => Promise<string[]>;
  onChange: (filter: Filter) => void;
  onRemove: () => void;
}

/** One filter: label, operator, value. Labels and values can be typed, because they may be dashboard variables. */
export function FilterRow({ number, filter, keys, loadValues, onChange, onRemove }: Props) {
  const id = useId();
  const { load, failure } = useLoader();
  const loadOptions = async (text: string) => {
    const { key } = filter;
    const values =
      key === ''
        ? []
        : await load(t('editor.values', 'values of the label “{{label}}”', { label: key }), () => loadValues(key), []);
    return values
      .filter((value) => value.toLowerCase().includes(text.toLowerCase()))
      .map((value) => ({ value, label: value }));
  };
  return (
    <div role="group" aria-label={t('filter.filter', 'Filter {{number}}', { number })}>
      <span id={`${id}-label`} hidden>
        {t('filter.label-of', 'Label of filter {{number}}', { number })}
      </span>
      <span id={`${id}-operator`} hidden>
        {t('filter.operator-of', 'Operator of filter {{number}}', { number })}
      </span>
      <span id={`${id}-value`} hidden>
        {t('filter.value-of', 'Value of filter {{number}}', { number })}
      </span>
      <InputGroup>
        <Combobox
          aria-labelledby={`${id}-label`}
          placeholder={t('filter.label', 'Label')}
          options={keys.map((key) => ({ value: key, label: key }))}
          value={filter.key || null}
          onChange={({ value }) => onChange({ ...filter, key: value })}
          createCustomValue
          width="auto"
          minWidth={12}
        />
        <Combobox
          aria-labelledby={`${id}-operator`}
          options={listOperators()}
          value={filter.operator}
          onChange={({ value }) => onChange({ ...filter, operator: value })}
          width="auto"
          minWidth={8}
        />
        <Combobox
          aria-labelledby={`${id}-value`}
          placeholder={t('filter.value', 'Value')}
          options={loadOptions}
          value={filter.value === '' ? null : filter.value}
          onChange={({ value }) => onChange({ ...filter, value })}
          createCustomValue
          width="auto"
          minWidth={16}
        />
        <Button
          variant="secondary"
          icon="times"
          type="button"
          aria-label={t('filter.remove', 'Remove filter {{number}}', { number })}
          onClick={onRemove}
        />
      </InputGroup>
      {failure !== undefined && <FieldValidationMessage>{failure}</FieldValidationMessage>}
    </div>
  );
}
