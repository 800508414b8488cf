import { ConfigSection } from '@grafana/plugin-ui';
import { Button, Combobox, Field, Stack } from '@grafana/ui';
import { useId } from 'react';
import { IMPACT } from '../../contract';
import { t, verbatim } from '../../i18n';
import { type ImpactExpression } from '../../settings';
import { type SectionProps, TextField } from './fields';

const listDirections = () => [
  { value: 'higher' as const, label: t('config.impact.higher', 'Higher is worse') },
  { value: 'lower' as const, label: t('config.impact.lower', 'Lower is worse') },
];

/** The user's own figures of the impact report. */
export function ImpactSection({ settings, onChange, disabled }: SectionProps) {
  const expressions = settings.impact?.expressions ?? [];
  const save = (next: ImpactExpression[]) => onChange({ impact: next.length > 0 ? { expressions: next } : undefined });
  const full = expressions.length >= IMPACT.expressionLimit;
  return (
    <ConfigSection
      title={t('config.impact.title', 'Impact report')}
      description={t(
        'config.impact.description',
        'Figures of your own that are compared before and after each change of Falco, such as the latency of requests. Any metric in the history, or on the Prometheus server, can be used.'
      )}
      isCollapsible
      isInitiallyOpen={expressions.length > 0}
    >
      {expressions.map((expression, index) => (
        <ExpressionFields
          key={index}
          number={index + 1}
          expression={expression}
          isNameTaken={expressions.some(({ name }, other) => other < index && name !== '' && name === expression.name)}
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
        tooltip={
          full
            ? t('config.impact.full', 'The report has at most {{limit}} figures of your own.', {
                limit: IMPACT.expressionLimit,
              })
            : undefined
        }
        onClick={() => save([...expressions, { name: '', expression: '' }])}
      >
        {t('config.impact.add', 'Add figure')}
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
    <Stack
      gap={2}
      wrap="wrap"
      alignItems="flex-start"
      role="group"
      aria-label={t('config.impact.figure', 'Figure {{number}}', { number })}
    >
      <TextField
        label={t('config.impact.name', 'Name')}
        placeholder={t('config.impact.name-example', 'request latency')}
        value={expression.name}
        problem={
          isNameTaken
            ? t('config.impact.name-taken', 'The figure “{{name}}” is defined twice. Rename or remove one.', {
                name: expression.name,
              })
            : undefined
        }
        onChange={(name = '') => onChange({ ...expression, name })}
        disabled={disabled}
        required
        width={26}
      />
      <TextField
        label={t('config.impact.expression', 'Expression')}
        description={t(
          'config.impact.expression-help',
          'PromQL with one series per node. The backend checks it when you save.'
        )}
        placeholder={verbatim('avg by (cluster, node) (request_latency_seconds)')}
        value={expression.expression}
        onChange={(text = '') => onChange({ ...expression, expression: text })}
        disabled={disabled}
        required
        width={70}
      />
      <TextField
        label={t('config.impact.unit', 'Unit')}
        description={t('config.impact.unit-help', 'A Grafana unit id.')}
        placeholder={verbatim('s')}
        value={expression.unit}
        onChange={(unit) => onChange({ ...expression, unit })}
        disabled={disabled}
        width={16}
      />
      <Field label={t('config.impact.direction', 'Direction')} htmlFor={id} noMargin>
        <Combobox
          id={id}
          options={listDirections()}
          value={expression.worse ?? null}
          placeholder={t('config.impact.neither', 'Neither is worse')}
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
        aria-label={t('config.impact.remove', 'Remove figure {{number}}', { number })}
        onClick={onRemove}
        disabled={disabled}
      />
    </Stack>
  );
}
