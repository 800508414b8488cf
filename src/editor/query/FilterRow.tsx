import { InputGroup } from '@grafana/plugin-ui';
import { Button, Combobox, type ComboboxOption, FieldValidationMessage } from '@grafana/ui';
import { useId } from 'react';
import { type Filter, type FilterOperator } from '../../query';
import { useLoader } from '../useLoader';

const OPERATORS: Array<ComboboxOption<FilterOperator>> = [
  { value: '=', label: '=', description: 'Equals' },
  { value: '!=', label: '!=', description: 'Does not equal' },
  { value: '=~', label: '=~', description: 'Matches regex' },
  { value: '!~', label: '!~', description: 'Does not match regex' },
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
    const values = key === '' ? [] : await load(`values of the label “${key}”`, () => loadValues(key), []);
    return values
      .filter((value) => value.toLowerCase().includes(text.toLowerCase()))
      .map((value) => ({ value, label: value }));
  };
  return (
    <div role="group" aria-label={`Filter ${number}`}>
      <span id={`${id}-label`} hidden>{`Label of filter ${number}`}</span>
      <span id={`${id}-operator`} hidden>{`Operator of filter ${number}`}</span>
      <span id={`${id}-value`} hidden>{`Value of filter ${number}`}</span>
      <InputGroup>
        <Combobox
          aria-labelledby={`${id}-label`}
          placeholder="Label"
          options={keys.map((key) => ({ value: key, label: key }))}
          value={filter.key || null}
          onChange={({ value }) => onChange({ ...filter, key: value })}
          createCustomValue
          width="auto"
          minWidth={12}
        />
        <Combobox
          aria-labelledby={`${id}-operator`}
          options={OPERATORS}
          value={filter.operator}
          onChange={({ value }) => onChange({ ...filter, operator: value })}
          width="auto"
          minWidth={8}
        />
        <Combobox
          aria-labelledby={`${id}-value`}
          placeholder="Value"
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
          aria-label={`Remove filter ${number}`}
          onClick={onRemove}
        />
      </InputGroup>
      {failure !== undefined && <FieldValidationMessage>{failure}</FieldValidationMessage>}
    </div>
  );
}
