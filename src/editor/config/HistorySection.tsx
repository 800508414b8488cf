import { ConfigSection } from '@grafana/plugin-ui';
import { Stack, Text } from '@grafana/ui';
import { DEFAULTS } from '../../settings';
import { BYTES_PER_SAMPLE, type Estimate, estimateHistory, SERIES_PER_TARGET } from './estimate';
import { NumberField, type SectionProps } from './fields';

/** How much is kept, and what that comes to. */
export function HistorySection({ settings, onChange, disabled }: SectionProps) {
  const estimate = estimateHistory(settings);
  return (
    <ConfigSection
      title="History"
      description="Kept in the memory of Grafana’s plugin process and lost when it restarts. The oldest samples go first."
    >
      <Stack gap={2} wrap="wrap" alignItems="flex-start">
        <NumberField
          label="Hours"
          placeholder={String(DEFAULTS.history.hours)}
          min={1}
          value={settings.history?.hours}
          onChange={(hours) => onChange({ history: { ...settings.history, hours } })}
          disabled={disabled}
          width={30}
        />
        <NumberField
          label="Megabytes at most"
          placeholder={String(DEFAULTS.history.megabytes)}
          min={1}
          value={settings.history?.megabytes}
          onChange={(megabytes) => onChange({ history: { ...settings.history, megabytes } })}
          disabled={disabled}
          width={30}
        />
      </Stack>
      <div role="status">
        <Text color="secondary">
          {estimate ? describe(estimate) : 'No estimate: the scrape interval is no duration.'}
        </Text>
      </div>
    </ConfigSection>
  );
}

function describe({ targets, uncounted, megabytes, limit, hours }: Estimate): string {
  const sentences = [
    `About ${round(megabytes)} MB for ${targets === 1 ? '1 target' : `${targets} targets`}, taking ${SERIES_PER_TARGET} series for each and ${BYTES_PER_SAMPLE} bytes for a sample.`,
  ];
  if (megabytes > limit) {
    sentences.push(`${limit} MB hold about the last ${round(hours)} hours.`);
  }
  if (uncounted > 0) {
    const entries = uncounted === 1 ? 'One entry is' : `${uncounted} entries are`;
    sentences.push(`${entries} looked up and counted as 1: set its expected instances for a better estimate.`);
  }
  return sentences.join(' ');
}

function round(amount: number): string {
  return amount >= 10 ? String(Math.round(amount)) : String(Math.round(amount * 10) / 10);
}
