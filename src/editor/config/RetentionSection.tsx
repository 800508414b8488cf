import { ConfigSection } from '@grafana/plugin-ui';
import { Stack, Text } from '@grafana/ui';
import { DEFAULTS } from '../../settings';
import { BYTES_PER_SAMPLE, type Estimate, estimateMemory, SERIES_PER_TARGET } from './estimate';
import { type SectionProps, TextField } from './fields';
import { retentionProblem, sizeProblem } from './validate';

/** How long samples are kept, with an estimate of the memory that they use. */
export function RetentionSection({ settings, onChange, disabled }: SectionProps) {
  const estimate = estimateMemory(settings);
  return (
    <ConfigSection
      title="Retention"
      description="Samples are kept in the memory of the plugin process and are lost when it restarts. The oldest samples are evicted first."
    >
      <Stack gap={2} wrap="wrap" alignItems="flex-start">
        <TextField
          label="Retention time"
          placeholder={DEFAULTS.retention.time}
          value={settings.retention?.time}
          problem={settings.retention?.time ? retentionProblem(settings.retention.time) : undefined}
          onChange={(time) => onChange({ retention: { ...settings.retention, time } })}
          disabled={disabled}
          width={30}
        />
        <TextField
          label="Retention size"
          placeholder={DEFAULTS.retention.size}
          value={settings.retention?.size}
          problem={settings.retention?.size ? sizeProblem(settings.retention.size) : undefined}
          onChange={(size) => onChange({ retention: { ...settings.retention, size } })}
          disabled={disabled}
          width={30}
        />
      </Stack>
      <div role="status">
        <Text color="secondary">
          {estimate ? describe(estimate) : 'No estimate: Scrape interval, Retention time or Retention size is invalid.'}
        </Text>
      </div>
    </ConfigSection>
  );
}

function describe({ targets, uncounted, megabytes, limit, hours }: Estimate): string {
  if (targets === 0) {
    return 'Add targets to see an estimate of the memory that samples use.';
  }
  const sentences = [
    `About ${round(megabytes)} MB for ${targets === 1 ? '1 target' : `${targets} targets`}, assuming ${SERIES_PER_TARGET} series per target and ${BYTES_PER_SAMPLE} bytes per sample.`,
  ];
  if (megabytes > limit) {
    sentences.push(`${round(limit)} MB hold about ${round(hours)} hours of samples.`);
  }
  if (uncounted > 0) {
    const counted = uncounted === 1 ? '1 target with discovery counts' : `${uncounted} targets with discovery count`;
    sentences.push(`${counted} as one instance. Set “Expected instances” for a better estimate.`);
  }
  return sentences.join(' ');
}

function round(amount: number): string {
  return amount >= 10 ? String(Math.round(amount)) : String(Math.round(amount * 10) / 10);
}
