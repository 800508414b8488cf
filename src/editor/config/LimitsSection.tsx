import { ConfigSection } from '@grafana/plugin-ui';
import { Stack } from '@grafana/ui';
import { t } from '../../i18n';
import { DEFAULTS } from '../../settings';
import { NumberField, type SectionProps, TextField } from './fields';
import { durationProblem, sizeProblem } from './validate';

type Limits = typeof DEFAULTS.limits;
/** The limits of a type: numbers, or sizes and durations. */
type LimitsOf<T> = { [K in keyof Limits]: Limits[K] extends T ? K : never }[keyof Limits];

/** Limits on single scrapes and queries. Scrape limits do not apply in Prometheus mode. */
export function LimitsSection({ settings, onChange, disabled }: SectionProps) {
  const limits = settings.limits ?? {};
  const set = (change: typeof limits) => onChange({ limits: { ...limits, ...change } });
  const common = { disabled, width: 30 };
  const text = (
    key: LimitsOf<string>,
    label: string,
    description: string,
    problemOf: (text: string) => string | undefined = sizeProblem
  ) => (
    <TextField
      {...common}
      label={label}
      description={description}
      placeholder={DEFAULTS.limits[key]}
      value={limits[key]}
      problem={limits[key] ? problemOf(limits[key]) : undefined}
      onChange={(value) => set({ [key]: value })}
    />
  );
  const count = (key: LimitsOf<number>, label: string, description: string) => (
    <NumberField
      {...common}
      label={label}
      description={description}
      placeholder={String(DEFAULTS.limits[key])}
      min={1}
      step={1}
      value={limits[key]}
      onChange={(value) => set({ [key]: value })}
    />
  );
  return (
    <ConfigSection
      title={t('config.limits.title', 'Limits')}
      description={t(
        'config.limits.description',
        'What exceeds a limit is refused with a message that names the limit.'
      )}
      isCollapsible
      isInitiallyOpen={Object.values(limits).some((limit) => limit !== undefined)}
    >
      <Stack gap={2} wrap="wrap" alignItems="flex-start">
        {settings.mode === 'prometheus' ? (
          text(
            'responseSizeLimit',
            t('config.limits.response-size', 'Response size limit'),
            t('config.limits.response-size-help', 'Size of one response of the server')
          )
        ) : (
          <>
            {text(
              'bodySizeLimit',
              t('config.limits.body-size', 'Body size limit'),
              t('config.limits.body-size-help', 'Size of one response after decompression')
            )}
            {count(
              'sampleLimit',
              t('config.limits.samples', 'Sample limit'),
              t('config.limits.samples-help', 'Samples in one response')
            )}
            {count(
              'labelValueLengthLimit',
              t('config.limits.label-length', 'Label value length limit'),
              t('config.limits.label-length-help', 'Characters in a metric name, label name or label value')
            )}
            {count(
              'labelLimit',
              t('config.limits.labels', 'Label limit'),
              t('config.limits.labels-help', 'Labels of one series')
            )}
            {count(
              'targetLimit',
              t('config.limits.targets', 'Target limit'),
              t('config.limits.targets-help', 'Targets that one entry can discover')
            )}
            {text(
              'resultCacheSize',
              t('config.limits.cache', 'Result cache size'),
              t('config.limits.cache-help', 'Memory for values that are used again')
            )}
          </>
        )}
        {count(
          'maxSamples',
          t('config.limits.max-samples', 'Maximum samples'),
          t('config.limits.max-samples-help', 'Samples that all queries together can hold in memory')
        )}
        {text(
          'queryTimeout',
          t('config.limits.timeout', 'Query timeout'),
          t('config.limits.timeout-help', 'Includes all waiting'),
          durationProblem
        )}
        {text(
          'expressionSizeLimit',
          t('config.limits.expression-size', 'Expression size limit'),
          t('config.limits.expression-size-help', 'Size of one PromQL expression')
        )}
        {count(
          'expressionDepthLimit',
          t('config.limits.expression-depth', 'Expression depth limit'),
          t('config.limits.expression-depth-help', 'Levels of brackets and operators in a row')
        )}
      </Stack>
    </ConfigSection>
  );
}
