import { Button, Stack } from '@grafana/ui';
import { useState } from 'react';
import { EditorField } from '../EditorField';
import { t } from '../../i18n';
import { type Filter } from '../../query';
import { FilterRow } from './FilterRow';

interface Props {
  filters: Filter[];
  /** Labels to offer. Other labels can be typed. */
  keys: string[];
  /** Loads the values of a label on the samples that match the other filters. */
  loadValues: (label: string, others: Filter[]) => Promise<string[]>;
  onChange: (filters: Filter[]) => void;
}

const EMPTY: Filter = { key: '', operator: '=', value: '' };

/** The filters of a query. A new filter becomes part of the query when it has a label and a value. */
export function Filters({ filters, keys, loadValues, onChange }: Props) {
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
      label={t('filter.filters', 'Filters')}
      tooltip={t(
        'filter.filters-help',
        'Use only samples that match all filters. Filter by a label, or by the version, engine or kernel of Falco.'
      )}
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
              loadValues={(label) => loadValues(label, others)}
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
            aria-label={t('filter.add', 'Add filter')}
            onClick={() => setDraft(EMPTY)}
          />
        )}
      </Stack>
    </EditorField>
  );
}
