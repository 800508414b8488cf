import { t } from '../../i18n';
import { type Need } from '../../signals/types';

/** Describes a requirement: the metric, how to enable it and what that costs. */
export function needText({ metric, anyOf = [], config, host, cost, engines, since, from, unknownValue }: Need): string {
  const conditions = [
    ...(from ? [t('need.from', 'exported by {{source}}, available in Prometheus mode only', { source: from })] : []),
    ...(config ? [t('need.config', 'set {{config}}', { config })] : []),
    ...(host ? [t('need.host', 'on the host: {{setting}}', { setting: host })] : []),
    ...(engines ? [t('need.engines', 'engines: {{engines}}', { engines: engines.join(', ') })] : []),
    ...(since ? [t('need.since', 'Falco {{version}} or later', { version: since })] : []),
    ...(cost ? [t('need.cost', 'cost: {{cost}}', { cost })] : []),
    ...(unknownValue ? [t('need.unknown', '{{value}} means unknown: {{because}}', unknownValue)] : []),
  ];
  const metrics = anyOf.reduce(
    (metrics, other) => t('need.or', '{{metrics}} or {{other}}', { metrics, other }),
    metric
  );
  return conditions.length > 0 ? `${metrics} (${conditions.join('; ')})` : metrics;
}
