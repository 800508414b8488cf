import { Input } from '@grafana/ui';
import { useId, useState } from 'react';
import { EditorField } from '../EditorField';

interface Props {
  label: string;
  tooltip: string;
  placeholder: string;
  width: number;
  value: string | undefined;
  problem?: (text: string) => string | undefined;
  onChange: (value: string | undefined) => void;
}

/** A text field that reports its value on blur and on Enter, so that the query does not run on every keystroke. */
export function TextOption({ value = '', problem = () => undefined, onChange, label, tooltip, ...input }: Props) {
  const id = useId();
  const [draft, setDraft] = useState<string>();
  const text = draft ?? value;
  const error = problem(text);
  const commit = () => {
    setDraft(undefined);
    if (text !== value) {
      onChange(text === '' ? undefined : text);
    }
  };
  return (
    <EditorField label={label} tooltip={tooltip} invalid={error !== undefined} error={error}>
      <Input
        {...input}
        id={id}
        value={text}
        onChange={(event) => setDraft(event.currentTarget.value)}
        onBlur={commit}
        onKeyDown={(event) => event.key === 'Enter' && commit()}
      />
    </EditorField>
  );
}
