import { EditorField } from '@grafana/plugin-ui';
import { Combobox, type ComboboxOption } from '@grafana/ui';
import { isEqual } from 'lodash';
import { useId } from 'react';

interface Choice extends ComboboxOption<string> {
  by: string[] | undefined;
}

interface Field {
  label: string;
  tooltip: string;
  choices: Choice[];
}

const FIELDS: Record<'health' | 'events', Field> = {
  health: {
    label: 'A verdict for',
    tooltip: 'What is not kept apart shares one verdict: the worst.',
    choices: [
      {
        value: 'check',
        label: 'each check on each node',
        description: 'With what it means and what to change',
        by: undefined,
      },
      { value: 'node-dimension', label: 'each dimension of each node', by: ['$identity', 'dimension'] },
      { value: 'node', label: 'each node', by: ['$identity'] },
      { value: 'dimension', label: 'each dimension', description: 'Of all nodes together', by: ['dimension'] },
      { value: 'all', label: 'everything', description: 'One verdict in all', by: [] },
    ],
  },
  events: {
    label: 'A mark for',
    tooltip: 'Events of one kind that come soon after each other share a mark, where they are not kept apart.',
    choices: [
      { value: 'event', label: 'each event', by: undefined },
      { value: 'node', label: 'each node', by: ['$identity'] },
      { value: 'cluster', label: 'each cluster', by: ['cluster'] },
      { value: 'all', label: 'all nodes together', description: 'A roll-out is one mark', by: [] },
    ],
  },
};

interface Props {
  kind: keyof typeof FIELDS;
  by: string[] | undefined;
  onChange: (by: string[] | undefined) => void;
}

/** What of health or events stands by itself, and what is summed up. */
export function KeptApart({ kind, by, onChange }: Props) {
  const id = useId();
  const { label, tooltip, choices } = FIELDS[kind];
  const chosen = choices.find((choice) => isEqual(choice.by, by));
  return (
    <EditorField label={label} tooltip={tooltip}>
      <Combobox
        id={id}
        options={choices}
        // Labels that somebody wrote by hand are shown as they are.
        value={chosen?.value ?? { value: 'other', label: by?.join(', ') ?? '' }}
        onChange={({ value }) => onChange(choices.find((choice) => choice.value === value)?.by)}
        width={35}
      />
    </EditorField>
  );
}
