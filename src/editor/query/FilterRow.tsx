import { InputGroup } from '@grafana/plugin-ui';
import { Button, Combobox, type ComboboxOption } from '@grafana/ui';
import { useId } from 'react';
import { type Filter, type FilterOperator } from '../../query';

const OPERATORS: Array<ComboboxOption<FilterOperator>> = [
  { value: '=', label: '=', description: 'is' },
  { value: '!=', label: '!=', description: 'is not' },
  { value: '=~', label: '=~', description: 'matches the regular expression' },
  { value: '!~', label: '!~', description: 'does not match' },
];

interface Props {
  /** Counted from 1. */
  number: number;
  filter: Filter;
  keys: string[];
  /** Looks up what the label's values are. */
  values: (label: string) => Promise<string[]>;
  onChange: (filter: Filter) => void;
  onRemove: () => void;
}

/** One filter: label, operator, value. Label and value may be typed freely, a dashboard's variables among them. */
export function FilterRow({ number, filter, keys, values, onChange, onRemove }: Props) {
  const id = useId();
  const lookUp = async (text: string) => {
    // A failing look-up must not keep anyone from typing a value.
    const found = filter.key === '' ? [] : await values(filter.key).catch(() => []);
    return found
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
          options={lookUp}
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
    </div>
  );
}
