import { ConfigSection } from '@grafana/plugin-ui';
import { Stack, Text } from '@grafana/ui';
import { t, tCount } from '../../i18n';
import { DEFAULTS } from '../../settings';
import { BYTES_PER_SAMPLE, type Estimate, estimateMemory, SERIES_PER_TARGET } from './estimate';
import { type SectionProps, TextField } from './fields';
import { retentionProblem, sizeProblem } from './validate';

/** How long samples are kept, with an estimate of the memory that they use. */
export function RetentionSection({ settings, onChange, disabled }: SectionProps) {
  const estimate = estimateMemory(settings);
  return (
    <ConfigSection
      title={t('config.retention.title', 'Retention')}
      description={t(
        'config.retention.description',
        'Samples are kept in the memory of the plugin process and are lost when it restarts. The oldest samples are evicted first.'
      )}
    >
      <Stack gap={2} wrap="wrap" alignItems="flex-start">
        <TextField
          label={t('config.retention.time', 'Retention time')}
          placeholder={DEFAULTS.retention.time}
          value={settings.retention?.time}
          problem={settings.retention?.time ? retentionProblem(settings.retention.time) : undefined}
          onChange={(time) => onChange({ retention: { ...settings.retention, time } })}
          disabled={disabled}
          width={30}
        />
        <TextField
          label={t('config.retention.size', 'Retention size')}
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
          {estimate
            ? describe(estimate)
            : t(
                'config.retention.no-estimate',
                'No estimate: Scrape interval, Retention time or Retention size is invalid.'
              )}
        </Text>
      </div>
    </ConfigSection>
  );
}

function describe({ targets, uncounted, megabytes, limit, hours }: Estimate): string {
  if (targets === 0) {
    return t('config.retention.no-targets', 'Add targets to see an estimate of the memory that samples use.');
  }
  const sentences = [
    tCount(
      'config.retention.estimate',
      {
        one: 'About {{megabytes, number}} MB for {{count}} target, assuming {{series}} series per target and {{bytes}} bytes per sample.',
        other:
          'About {{megabytes, number}} MB for {{count}} targets, assuming {{series}} series per target and {{bytes}} bytes per sample.',
      },
      { count: targets, megabytes: round(megabytes), series: SERIES_PER_TARGET, bytes: BYTES_PER_SAMPLE }
    ),
  ];
  if (megabytes > limit) {
    sentences.push(
      t('config.retention.limit', '{{megabytes, number}} MB hold about {{hours, number}} hours of samples.', {
        megabytes: round(limit),
        hours: round(hours),
      })
    );
  }
  if (uncounted > 0) {
    sentences.push(
      tCount(
        'config.retention.uncounted',
        {
          one: '{{count}} target with discovery counts as one instance. Set “Expected instances” for a better estimate.',
          other:
            '{{count}} targets with discovery count as one instance. Set “Expected instances” for a better estimate.',
        },
        { count: uncounted }
      )
    );
  }
  return sentences.join(' ');
}

function round(amount: number): number {
  return amount >= 10 ? Math.round(amount) : Math.round(amount * 10) / 10;
}
