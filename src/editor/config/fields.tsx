import { Field, Input } from '@grafana/ui';
import { type ReactNode, useId } from 'react';
import { type FalcoSettings } from '../../settings';

/** What each part of the configuration is given. A change names only the settings that change. */
export interface SectionProps {
  settings: FalcoSettings;
  onChange: (change: Partial<FalcoSettings>) => void;
  disabled: boolean;
}

interface FieldProps<Value> {
  label: string;
  description?: ReactNode;
  value: Value | undefined;
  /** Shown while nothing is set: what then holds, or an example. */
  placeholder?: string;
  /** What is wrong with the value, in words. */
  problem?: string;
  required?: boolean;
  disabled?: boolean;
  width?: number;
  /** Given nothing when the field has been emptied: the default holds again. */
  onChange: (value: Value | undefined) => void;
}

export function TextField({ value, onChange, ...props }: FieldProps<string>) {
  return <Labelled {...props} text={value ?? ''} onText={(text) => onChange(text === '' ? undefined : text)} />;
}

interface NumberProps extends FieldProps<number> {
  min?: number;
  /** 1 stands for whole numbers only. */
  step?: number;
  suffix?: string;
}

export function NumberField({ value, onChange, min = 0, problem, ...props }: NumberProps) {
  const wrong = value === undefined ? undefined : numberProblem(value, min, props.step);
  return (
    <Labelled
      {...props}
      type="number"
      min={min}
      problem={wrong ?? problem}
      text={value === undefined ? '' : String(value)}
      onText={(text) => onChange(text === '' || Number.isNaN(Number(text)) ? undefined : Number(text))}
    />
  );
}

function numberProblem(value: number, min: number, step?: number): string | undefined {
  if (value < min) {
    return `Expected ${min} or more, found ${value}.`;
  }
  return step === 1 && !Number.isInteger(value) ? `Expected a whole number, found ${value}.` : undefined;
}

interface LabelledProps extends Omit<FieldProps<never>, 'value' | 'onChange'> {
  text: string;
  onText: (text: string) => void;
  type?: 'number';
  min?: number;
  step?: number;
  suffix?: string;
}

function Labelled({
  label,
  description,
  problem,
  required,
  disabled,
  text,
  onText,
  width = 40,
  ...input
}: LabelledProps) {
  const id = useId();
  return (
    <Field
      label={label}
      description={description}
      invalid={problem !== undefined}
      error={problem}
      required={required}
      disabled={disabled}
    >
      <Input {...input} id={id} width={width} value={text} onChange={(event) => onText(event.currentTarget.value)} />
    </Field>
  );
}
