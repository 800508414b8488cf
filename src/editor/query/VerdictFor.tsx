import { EditorField } from '@grafana/plugin-ui';
import { Combobox, type ComboboxOption } from '@grafana/ui';
import { isEqual } from 'lodash';
import { useId } from 'react';

interface Choice extends ComboboxOption<string> {
  by: string[] | undefined;
}

const CHOICES: Choice[] = [
  {
    value: 'check',
    label: 'each check on each node',
    description: 'With what it means and what to change',
    by: undefined,
  },
  { value: 'node-dimension', label: 'each dimension of each node', by: ['$instance', 'dimension'] },
  { value: 'node', label: 'each node', by: ['$instance'] },
  { value: 'dimension', label: 'each dimension', description: 'Of all nodes together', by: ['dimension'] },
  { value: 'all', label: 'everything', description: 'One verdict in all', by: [] },
];

interface Props {
  by: string[] | undefined;
  onChange: (by: string[] | undefined) => void;
}

/** What has a verdict of its own; what is not kept apart is summed up by the worst. */
export function VerdictFor({ by, onChange }: Props) {
  const id = useId();
  const chosen = CHOICES.find((choice) => isEqual(choice.by, by));
  return (
    <EditorField label="A verdict for" tooltip="What is not kept apart shares one verdict: the worst.">
      <Combobox
        id={id}
        options={CHOICES}
        // Labels that somebody wrote by hand are shown as they are.
        value={chosen?.value ?? { value: 'other', label: by?.join(', ') ?? '' }}
        onChange={({ value }) => onChange(CHOICES.find((choice) => choice.value === value)?.by)}
        width={35}
      />
    </EditorField>
  );
}
