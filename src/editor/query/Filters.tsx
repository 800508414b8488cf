import { EditorField } from '@grafana/plugin-ui';
import { Button, Stack } from '@grafana/ui';
import { useState } from 'react';
import { type Filter } from '../../query';
import { FilterRow } from './FilterRow';

interface Props {
  filters: Filter[];
  /** The labels offered; others may be typed. */
  keys: string[];
  /** Values of a label on the samples that the other filters leave. */
  values: (label: string, others: Filter[]) => Promise<string[]>;
  onChange: (filters: Filter[]) => void;
}

const EMPTY: Filter = { key: '', operator: '=', value: '' };

/** The filters of a query. One that still lacks its label or value is kept here and not asked with. */
export function Filters({ filters, keys, values, onChange }: Props) {
  const [draft, setDraft] = useState<Filter>();

  const changeDraft = (filter: Filter) => {
    if (filter.key === '' || filter.value === '') {
      return setDraft(filter);
    }
    setDraft(undefined);
    onChange([...filters, filter]);
  };

  const rows = draft ? [...filters, draft] : filters;
  return (
    <EditorField
      label="Filters"
      tooltip="Which samples count. A label, or what Falco tells of itself: version, engine, kernel."
    >
      <Stack gap={1} wrap="wrap" alignItems="center">
        {rows.map((row, index) => {
          const others = filters.filter((_, i) => i !== index);
          const isDraft = index === filters.length;
          return (
            <FilterRow
              key={index}
              number={index + 1}
              filter={row}
              keys={keys}
              values={(label) => values(label, others)}
              onChange={(filter) =>
                isDraft ? changeDraft(filter) : onChange(filters.map((other, i) => (i === index ? filter : other)))
              }
              onRemove={() => (isDraft ? setDraft(undefined) : onChange(others))}
            />
          );
        })}
        {!draft && (
          <Button
            variant="secondary"
            icon="plus"
            type="button"
            aria-label="Add filter"
            onClick={() => setDraft(EMPTY)}
          />
        )}
      </Stack>
    </EditorField>
  );
}
