import { ConfigSection } from '@grafana/plugin-ui';
import { Field, RadioButtonGroup } from '@grafana/ui';
import { t, verbatim } from '../../i18n';
import { type FalcoSettings } from '../../settings';
import { type SectionProps } from './fields';

type Mode = NonNullable<FalcoSettings['mode']>;

const listModes = (): Array<{ value: Mode; label: string; description: string }> => [
  {
    value: 'scrape',
    label: t('config.mode.scrape', 'Scrape Falco directly'),
    description: t(
      'config.mode.scrape-help',
      'This plugin scrapes Falco and keeps the samples in memory. No other server is needed.'
    ),
  },
  {
    value: 'prometheus',
    label: verbatim('Prometheus'),
    description: t(
      'config.mode.prometheus-help',
      'Prometheus, Thanos, Mimir or VictoriaMetrics scrapes Falco, and this plugin queries it.'
    ),
  },
];

/** The source of metrics. The settings of the other mode are kept. */
export function ModeSection({ settings, onChange, disabled }: SectionProps) {
  const mode = settings.mode ?? 'scrape';
  const modes = listModes();
  return (
    <ConfigSection
      title={t('config.mode.title', 'Source of metrics')}
      description={modes.find(({ value }) => value === mode)?.description}
    >
      <Field label={t('config.mode.mode', 'Mode')} disabled={disabled}>
        <RadioButtonGroup options={modes} value={mode} onChange={(value) => onChange({ mode: value })} />
      </Field>
    </ConfigSection>
  );
}
