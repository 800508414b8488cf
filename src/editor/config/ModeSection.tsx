import { ConfigSection } from '@grafana/plugin-ui';
import { Field, RadioButtonGroup } from '@grafana/ui';
import { type FalcoSettings } from '../../settings';
import { type SectionProps } from './fields';

type Mode = NonNullable<FalcoSettings['mode']>;

const MODES: Array<{ value: Mode; label: string; description: string }> = [
  {
    value: 'scrape',
    label: 'Scrape Falco directly',
    description: 'This plugin scrapes Falco and keeps the samples in memory. No other server is needed.',
  },
  {
    value: 'prometheus',
    label: 'Prometheus',
    description: 'Prometheus, Thanos, Mimir or VictoriaMetrics scrapes Falco, and this plugin queries it.',
  },
];

/** The source of metrics. The settings of the other mode are kept. */
export function ModeSection({ settings, onChange, disabled }: SectionProps) {
  const mode = settings.mode ?? 'scrape';
  return (
    <ConfigSection title="Source of metrics" description={MODES.find(({ value }) => value === mode)?.description}>
      <Field label="Mode" disabled={disabled}>
        <RadioButtonGroup options={MODES} value={mode} onChange={(value) => onChange({ mode: value })} />
      </Field>
    </ConfigSection>
  );
}
