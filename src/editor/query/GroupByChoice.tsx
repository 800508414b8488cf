import { Combobox, type ComboboxOption } from '@grafana/ui';
import { isEqual } from 'lodash';
import { useId } from 'react';
import { EditorField } from '../EditorField';
import { t } from '../../i18n';

interface Choice extends ComboboxOption<string> {
  groupBy: string[] | undefined;
}

interface Field {
  tooltip: string;
  choices: Choice[];
}

const listFields = (): Record<'health' | 'events' | 'impact', Field> => ({
  health: {
    tooltip: t('group.health-help', 'Items that are not grouped separately share the worst verdict.'),
    choices: [
      {
        value: 'check',
        label: t('group.check', 'Node and check'),
        description: t('group.check-help', 'With the meaning of each verdict and what to change'),
        groupBy: undefined,
      },
      {
        value: 'node-dimension',
        label: t('group.node-dimension', 'Node and dimension'),
        groupBy: ['$identity', 'dimension'],
      },
      { value: 'node', label: t('group.node', 'Node'), groupBy: ['$identity'] },
      {
        value: 'dimension',
        label: t('group.dimension', 'Dimension'),
        description: t('group.dimension-help', 'All nodes together'),
        groupBy: ['dimension'],
      },
      {
        value: 'total',
        label: t('group.total', 'Total'),
        description: t('group.total-verdict', 'One verdict for everything'),
        groupBy: [],
      },
    ],
  },
  events: {
    tooltip: t(
      'group.events-help',
      'Events of one type that happen close together in the same group are shown as one event.'
    ),
    choices: [
      {
        value: 'event',
        label: t('group.nothing', 'Nothing'),
        description: t('group.nothing-help', 'Shows every event'),
        groupBy: undefined,
      },
      { value: 'node', label: t('group.node', 'Node'), groupBy: ['$identity'] },
      { value: 'cluster', label: t('group.cluster', 'Cluster'), groupBy: ['cluster'] },
      {
        value: 'total',
        label: t('group.total', 'Total'),
        description: t('group.total-event', 'Shows a rollout on all nodes as one event'),
        groupBy: [],
      },
    ],
  },
  impact: {
    tooltip: t('group.impact-help', 'A table has a row for each of these. Numbers are always by change and figure.'),
    choices: [
      { value: 'figure', label: t('group.figure', 'Change and figure'), groupBy: undefined },
      {
        value: 'change',
        label: t('group.change', 'Change'),
        description: t('group.change-help', 'Sums up the figures of a change in words'),
        groupBy: ['change'],
      },
    ],
  },
});

interface Props {
  queryType: 'health' | 'events' | 'impact';
  groupBy: string[] | undefined;
  onChange: (groupBy: string[] | undefined) => void;
}

/** The groupings that make sense for health, events and impact queries. */
export function GroupByChoice({ queryType, groupBy, onChange }: Props) {
  const id = useId();
  const { tooltip, choices } = listFields()[queryType];
  const selected = choices.find((choice) => isEqual(choice.groupBy, groupBy));
  return (
    <EditorField label={t('group.group-by', 'Group by')} tooltip={tooltip}>
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
