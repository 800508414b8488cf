import { ConfigSection } from '@grafana/plugin-ui';
import { Button, Combobox, Field, Stack } from '@grafana/ui';
import { useId } from 'react';
import { IMPACT } from '../../contract';
import { type ImpactExpression } from '../../settings';
import { type SectionProps, TextField } from './fields';

const WORSE = [
  { value: 'higher' as const, label: 'Higher is worse' },
  { value: 'lower' as const, label: 'Lower is worse' },
];

/** The user's own figures of the impact report. */
export function ImpactSection({ settings, onChange, disabled }: SectionProps) {
  const expressions = settings.impact?.expressions ?? [];
  const save = (next: ImpactExpression[]) => onChange({ impact: next.length > 0 ? { expressions: next } : undefined });
  const full = expressions.length >= IMPACT.expressionLimit;
  return (
    <ConfigSection
      title="Impact report"
      description="Figures of your own that are compared before and after each change of Falco, such as the latency of requests. Any metric in the history, or on the Prometheus server, can be used."
      isCollapsible
      isInitiallyOpen={expressions.length > 0}
    >
      {expressions.map((expression, index) => (
        <ExpressionFields
          key={index}
          number={index + 1}
          expression={expression}
          isNameTaken={expressions.some(({ name }, other) => other < index && name === expression.name)}
          onChange={(changed) => save(expressions.map((other, i) => (i === index ? changed : other)))}
          onRemove={() => save(expressions.filter((_, i) => i !== index))}
          disabled={disabled}
        />
      ))}
      <Button
        variant="secondary"
        icon="plus"
        type="button"
        disabled={disabled || full}
        tooltip={full ? `The report has at most ${IMPACT.expressionLimit} figures of your own.` : undefined}
        onClick={() => save([...expressions, { name: '', expression: '' }])}
      >
        Add figure
      </Button>
    </ConfigSection>
  );
}

interface FieldsProps {
  /** Position in the list, starting at 1. */
  number: number;
  expression: ImpactExpression;
  isNameTaken: boolean;
  onChange: (expression: ImpactExpression) => void;
  onRemove: () => void;
  disabled: boolean;
}

function ExpressionFields({ number, expression, isNameTaken, onChange, onRemove, disabled }: FieldsProps) {
  const id = useId();
  return (
    <Stack gap={2} wrap="wrap" alignItems="flex-start" role="group" aria-label={`Figure ${number}`}>
      <TextField
        label="Name"
        placeholder="request latency"
        value={expression.name}
        problem={isNameTaken ? `The figure “${expression.name}” is defined twice. Rename or remove one.` : undefined}
        onChange={(name = '') => onChange({ ...expression, name })}
        disabled={disabled}
        required
        width={26}
      />
      <TextField
        label="Expression"
        description="PromQL with one series per node. The backend checks it when you save."
        placeholder="avg by (cluster, node) (request_latency_seconds)"
        value={expression.expression}
        onChange={(text = '') => onChange({ ...expression, expression: text })}
        disabled={disabled}
        required
        width={70}
      />
      <TextField
        label="Unit"
        description="A Grafana unit id."
        placeholder="s"
        value={expression.unit}
        onChange={(unit) => onChange({ ...expression, unit })}
        disabled={disabled}
        width={16}
      />
      <Field label="Direction" htmlFor={id} noMargin>
        <Combobox
          id={id}
          options={WORSE}
          value={expression.worse ?? null}
          placeholder="Neither is worse"
          isClearable
          onChange={(option) => onChange({ ...expression, worse: option?.value })}
          disabled={disabled}
          width={24}
        />
      </Field>
      <Button
        variant="secondary"
        icon="times"
        type="button"
        aria-label={`Remove figure ${number}`}
        onClick={onRemove}
        disabled={disabled}
      />
    </Stack>
  );
}
