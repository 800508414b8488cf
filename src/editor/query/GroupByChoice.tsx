import { EditorField } from '@grafana/plugin-ui';
import { Combobox, type ComboboxOption } from '@grafana/ui';
import { isEqual } from 'lodash';
import { useId } from 'react';

interface Choice extends ComboboxOption<string> {
  groupBy: string[] | undefined;
}

interface Field {
  tooltip: string;
  choices: Choice[];
}

const FIELDS: Record<'health' | 'events' | 'impact', Field> = {
  health: {
    tooltip: 'Items that are not grouped separately share the worst verdict.',
    choices: [
      {
        value: 'check',
        label: 'Node and check',
        description: 'With the meaning of each verdict and what to change',
        groupBy: undefined,
      },
      { value: 'node-dimension', label: 'Node and dimension', groupBy: ['$identity', 'dimension'] },
      { value: 'node', label: 'Node', groupBy: ['$identity'] },
      { value: 'dimension', label: 'Dimension', description: 'All nodes together', groupBy: ['dimension'] },
      { value: 'total', label: 'Total', description: 'One verdict for everything', groupBy: [] },
    ],
  },
  events: {
    tooltip: 'Events of one type that happen close together in the same group are shown as one event.',
    choices: [
      { value: 'event', label: 'Nothing', description: 'Shows every event', groupBy: undefined },
      { value: 'node', label: 'Node', groupBy: ['$identity'] },
      { value: 'cluster', label: 'Cluster', groupBy: ['cluster'] },
      { value: 'total', label: 'Total', description: 'Shows a rollout on all nodes as one event', groupBy: [] },
    ],
  },
  impact: {
    tooltip: 'A table has a row for each of these. Numbers are always by change and figure.',
    choices: [
      { value: 'figure', label: 'Change and figure', groupBy: undefined },
      {
        value: 'change',
        label: 'Change',
        description: 'Sums up the figures of a change in words',
        groupBy: ['change'],
      },
    ],
  },
};

interface Props {
  queryType: keyof typeof FIELDS;
  groupBy: string[] | undefined;
  onChange: (groupBy: string[] | undefined) => void;
}

/** The groupings that make sense for health, events and impact queries. */
export function GroupByChoice({ queryType, groupBy, onChange }: Props) {
  const id = useId();
  const { tooltip, choices } = FIELDS[queryType];
  const selected = choices.find((choice) => isEqual(choice.groupBy, groupBy));
  return (
    <EditorField label="Group by" tooltip={tooltip}>
      <Combobox
        id={id}
        options={choices}
        // Other labels come from hand-written queries and are shown unchanged.
        value={selected?.value ?? { value: 'other', label: groupBy?.join(', ') ?? '' }}
        onChange={({ value }) => onChange(choices.find((choice) => choice.value === value)?.groupBy)}
        width={35}
      />
    </EditorField>
  );
}
