import { Stack, Switch } from '@grafana/ui';
import { type ReactNode, useId } from 'react';
import { EditorField } from './EditorField';

interface Props {
  label: string;
  tooltip: string;
  value: boolean;
  disabled?: boolean;
  onChange: (isOn: boolean) => void;
  /** Shown beside the switch. */
  children?: ReactNode;
}

/** A switch that is as high as the other fields of its row. */
export function SwitchField({ label, tooltip, value, disabled = false, onChange, children }: Props) {
  const id = useId();
  return (
    <EditorField label={label} tooltip={tooltip}>
      <Stack alignItems="center" height="32px">
        <Switch
          id={id}
          aria-label={label}
          value={value}
          disabled={disabled}
          onChange={({ currentTarget }) => onChange(currentTarget.checked)}
        />
        {children}
      </Stack>
    </EditorField>
  );
}
