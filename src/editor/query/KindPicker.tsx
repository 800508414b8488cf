import { CoreApp } from '@grafana/data';
import { RadioButtonGroup, Text } from '@grafana/ui';
import { type Kind, KINDS } from './kinds';

interface Props {
  kind: Kind;
  app: CoreApp | undefined;
  onChange: (kind: Kind) => void;
}

/** What the query asks for, with a line that says what the answer is. */
export function KindPicker({ kind, app, onChange }: Props) {
  const options = KINDS.filter(({ onlyWords }) => !onlyWords || app !== CoreApp.UnifiedAlerting);
  const meaning = options.find(({ value }) => value === kind)?.description;
  return (
    <>
      <RadioButtonGroup aria-label="Kind of query" size="sm" options={options} value={kind} onChange={onChange} />
      {meaning !== undefined && (
        <Text variant="bodySmall" color="secondary">
          {meaning}
        </Text>
      )}
    </>
  );
}
