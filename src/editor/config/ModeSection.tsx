import { ConfigSection } from '@grafana/plugin-ui';
import { Field, RadioButtonGroup } from '@grafana/ui';
import { type FalcoSettings } from '../../settings';
import { type SectionProps } from './fields';

type Mode = NonNullable<FalcoSettings['mode']>;

const MODES: Array<{ value: Mode; label: string; description: string }> = [
  {
    value: 'scrape',
    label: 'Falco endpoints',
    description: 'Scraped by this plugin, kept in its memory; no other server is needed',
  },
  {
    value: 'prometheus',
    label: 'Prometheus-compatible store',
    description: 'Prometheus, Thanos, Mimir or VictoriaMetrics, which has Falco scraped',
  },
];

/** Where the samples are. What is set for the other one stays. */
export function ModeSection({ settings, onChange, disabled }: SectionProps) {
  const mode = settings.mode ?? 'scrape';
  return (
    <ConfigSection title="Where the samples are" description={MODES.find(({ value }) => value === mode)?.description}>
      <Field label="Read from" disabled={disabled}>
        <RadioButtonGroup options={MODES} value={mode} onChange={(value) => onChange({ mode: value })} />
      </Field>
    </ConfigSection>
  );
}
