import { Text } from '@grafana/ui';
import { t } from '../../i18n';
import { type CompleteQuery } from '../../query';
import { type Signal, type Thresholds } from '../../signals/types';
import { findSignals } from '../../labelChoices';
import { formatValue } from './units';

/** Explains the values of a query to somebody who writes the condition of an alert rule, and suggests thresholds. */
export function AlertHelp({ query }: { query: CompleteQuery }) {
  const lines =
    listHelp()[query.queryType] ?? findSignals(query.queryType === 'signal' ? query.signals : []).map(describe);
  if (lines.length === 0) {
    return null;
  }
  return (
    <div role="note" aria-label={t('alert.values', 'Values for the alert condition')}>
      {lines.map((line) => (
        <div key={line}>
          <Text variant="bodySmall" color="secondary">
            {line}
          </Text>
        </div>
      ))}
    </div>
  );
}

const listHelp = (): Partial<Record<CompleteQuery['queryType'], string[]>> => ({
  health: [
    t('alert.health-values', 'Values are verdicts: 0 is ok, 1 is warning, 2 is critical, -1 is unknown.'),
    t(
      'alert.health-condition',
      'Suggested condition: above 0 fires on warning and critical, above 1 only on critical. Neither fires on unknown: use below 0 for that.'
    ),
  ],
  impact: [
    t(
      'alert.impact-values',
      'Values are the change that is certain, one for each change of Falco in the time range and each figure: 0.04 means at least 4 % worse with 95 % confidence, 0 no measurable change.'
    ),
    t(
      'alert.impact-condition',
      'Suggested condition: above 0.02. Select the figures to alert on, and a time range of some hours. Changes without enough data have no value.'
    ),
  ],
});

function describe(signal: Signal): string {
  const { title, unit, thresholds } = signal;
  const sentences: string[] = [];
  if (unit === 'percentunit') {
    sentences.push(t('alert.fractions', 'Values are fractions: 2 % is 0.02.'));
  }
  if (thresholds) {
    const { direction, warning, critical } = thresholds;
    const conditions = [
      ...(warning === undefined ? [] : [describeWarning(direction, condition(warning, signal))]),
      ...(critical === undefined ? [] : [describeCritical(direction, condition(critical, signal))]),
    ];
    sentences.push(t('alert.condition', 'Suggested condition: {{conditions}}.', { conditions: conditions.join(', ') }));
  }
  return sentences.length > 0
    ? `${title}: ${sentences.join(' ')}`
    : t('alert.no-threshold', '{{signal}}: the signal has no suggested threshold.', { signal: title });
}

/** The number to enter, followed by how panels show it if that differs. */
function condition(value: number, signal: Signal): string {
  const formatted = formatValue(value, signal);
  return formatted === String(value) ? formatted : `${value} (${formatted})`;
}

function describeWarning(direction: Thresholds['direction'], value: string): string {
  return direction === 'above'
    ? t('alert.warning-above', 'above {{value}} for a warning', { value })
    : t('alert.warning-below', 'below {{value}} for a warning', { value });
}

function describeCritical(direction: Thresholds['direction'], value: string): string {
  return direction === 'above'
    ? t('alert.critical-above', 'above {{value}} for a critical alert', { value })
    : t('alert.critical-below', 'below {{value}} for a critical alert', { value });
}
