import { ConfigSection } from '@grafana/plugin-ui';
import { Stack } from '@grafana/ui';
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
      title="Limits"
      description="What exceeds a limit is refused with a message that names the limit."
      isCollapsible
      isInitiallyOpen={Object.values(limits).some((limit) => limit !== undefined)}
    >
      <Stack gap={2} wrap="wrap" alignItems="flex-start">
        {settings.mode === 'prometheus' ? (
          text('responseSizeLimit', 'Response size limit', 'Size of one response of the server')
        ) : (
          <>
            {text('bodySizeLimit', 'Body size limit', 'Size of one response after decompression')}
            {count('sampleLimit', 'Sample limit', 'Samples in one response')}
            {count(
              'labelValueLengthLimit',
              'Label value length limit',
              'Characters in a metric name, label name or label value'
            )}
            {count('labelLimit', 'Label limit', 'Labels of one series')}
            {count('targetLimit', 'Target limit', 'Targets that one entry can discover')}
            {text('resultCacheSize', 'Result cache size', 'Memory for values that are used again')}
          </>
        )}
        {count('maxSamples', 'Maximum samples', 'Samples that all queries together can hold in memory')}
        {text('queryTimeout', 'Query timeout', 'Includes all waiting', durationProblem)}
        {text('expressionSizeLimit', 'Expression size limit', 'Size of one PromQL expression')}
        {count('expressionDepthLimit', 'Expression depth limit', 'Levels of brackets and operators in a row')}
      </Stack>
    </ConfigSection>
  );
}
