import { Stack, Text, TextLink } from '@grafana/ui';
import { t } from '../../i18n';
import { type Signal, type Thresholds } from '../../signals/types';
import { LineGroup } from './LineGroup';
import { needText } from './needText';
import { formatValue } from './units';

/** A collapsed section that explains the selected signals: description, thresholds and requirements. */
export function SignalHelp({ signals }: { signals: Signal[] }) {
  if (signals.length === 0) {
    return null;
  }
  const label =
    signals.length === 1
      ? t('signal.about', 'About “{{signal}}”', { signal: signals[0]?.title ?? '' })
      : t('signal.about-several', 'About these signals');
  return (
    <LineGroup title={label}>
      <Stack direction="column" gap={2}>
        {signals.map((signal) => (
          <SignalDescription key={signal.id} signal={signal} />
        ))}
      </Stack>
    </LineGroup>
  );
}

function SignalDescription({ signal }: { signal: Signal }) {
  return (
    <section aria-label={signal.title}>
      <Text element="h6">{signal.title}</Text>
      <p>{signal.description}</p>
      {signal.thresholds && <ThresholdText signal={signal} thresholds={signal.thresholds} />}
      {signal.needs.length > 0 && (
        <>
          <Text variant="bodySmall" weight="medium">
            {t('signal.requirements', 'Requirements')}
          </Text>
          <ul>
            {signal.needs.map((need) => (
              <li key={need.metric}>{needText(need)}</li>
            ))}
          </ul>
        </>
      )}
      <TextLink href={signal.link} external variant="bodySmall">
        {t('signal.documentation', 'Falco documentation')}
      </TextLink>
    </section>
  );
}

function ThresholdText({ signal, thresholds }: { signal: Signal; thresholds: Thresholds }) {
  const { direction, warning, critical, because, source } = thresholds;
  const levels = [
    ...(warning === undefined ? [] : [describeWarning(direction, formatValue(warning, signal))]),
    ...(critical === undefined ? [] : [describeCritical(direction, formatValue(critical, signal))]),
  ];
  return (
    <p>
      {t('signal.thresholds', 'Thresholds: {{levels}}.', { levels: levels.join(', ') })} {because}{' '}
      <TextLink href={source} external inline>
        {t('signal.source', 'Source')}
      </TextLink>
    </p>
  );
}

function describeWarning(direction: Thresholds['direction'], value: string): string {
  return direction === 'above'
    ? t('signal.warning-above', 'warning above {{value}}', { value })
    : t('signal.warning-below', 'warning below {{value}}', { value });
}

function describeCritical(direction: Thresholds['direction'], value: string): string {
  return direction === 'above'
    ? t('signal.critical-above', 'critical above {{value}}', { value })
    : t('signal.critical-below', 'critical below {{value}}', { value });
}
