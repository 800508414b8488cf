import { Field, Input } from '@grafana/ui';
import { type ClipboardEventHandler, type ReactNode, useId } from 'react';
import { t } from '../../i18n';
import { type FalcoSettings } from '../../settings';

/** Props of each section of the config editor. `onChange` takes only the settings that change. */
export interface SectionProps {
  settings: FalcoSettings;
  onChange: (change: Partial<FalcoSettings>) => void;
  disabled: boolean;
}

interface FieldProps<Value> {
  label: string;
  description?: ReactNode;
  value: Value | undefined;
  /** Shown while the field is empty: the default or an example. */
  placeholder?: string;
  /** What is wrong with the value, as a message. */
  problem?: string;
  required?: boolean;
  disabled?: boolean;
  width?: number;
  autoFocus?: boolean;
  onPaste?: ClipboardEventHandler<HTMLInputElement>;
  /** Called with undefined when the field is emptied, which restores the default. */
  onChange: (value: Value | undefined) => void;
}

export function TextField({ value, onChange, ...props }: FieldProps<string>) {
  return <InputField {...props} text={value ?? ''} onText={(text) => onChange(text === '' ? undefined : text)} />;
}

interface NumberProps extends FieldProps<number> {
  min?: number;
  /** A step of 1 allows only whole numbers. */
  step?: number;
  suffix?: string;
}

export function NumberField({ value, onChange, min = 0, problem, ...props }: NumberProps) {
  const numberProblem = value === undefined ? undefined : checkNumber(props.label, value, min, props.step);
  return (
    <InputField
      {...props}
      type="number"
      min={min}
      problem={numberProblem ?? problem}
      text={value === undefined ? '' : String(value)}
      onText={(text) => onChange(text === '' || Number.isNaN(Number(text)) ? undefined : Number(text))}
    />
  );
}

function checkNumber(label: string, value: number, min: number, step?: number): string | undefined {
  if (value < min) {
    return t('config.too-small', '{{label}} must be {{min}} or more.', { label, min });
  }
  return step === 1 && !Number.isInteger(value)
    ? t('config.not-whole', '{{label}} must be a whole number.', { label })
    : undefined;
}

interface InputFieldProps extends Omit<FieldProps<never>, 'value' | 'onChange'> {
  text: string;
  onText: (text: string) => void;
  type?: 'number';
  min?: number;
  step?: number;
  suffix?: string;
}

function InputField({
  label,
  description,
  problem,
  required,
  disabled,
  text,
  onText,
  width = 40,
  ...input
}: InputFieldProps) {
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
