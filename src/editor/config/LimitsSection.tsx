import { ConfigSection } from '@grafana/plugin-ui';
import { Stack } from '@grafana/ui';
import { DEFAULTS } from '../../settings';
import { NumberField, type SectionProps, TextField } from './fields';
import { durationProblem, sizeProblem } from './validate';

/** Limits on single scrapes and queries. Scrape limits do not apply in Prometheus mode. */
export function LimitsSection({ settings, onChange, disabled }: SectionProps) {
  const limits = settings.limits ?? {};
  const set = (change: typeof limits) => onChange({ limits: { ...limits, ...change } });
  const common = { disabled, width: 30 };
  return (
    <ConfigSection
      title="Limits"
      description="What exceeds a limit is refused with a message that names the limit. Nothing is truncated silently."
      isCollapsible
      isInitiallyOpen={Object.values(limits).some((limit) => limit !== undefined)}
    >
      <Stack gap={2} wrap="wrap" alignItems="flex-start">
        {settings.mode !== 'prometheus' && (
          <>
            <TextField
              {...common}
              label="Body size limit"
              description="Size of one response after decompression"
              placeholder={DEFAULTS.limits.bodySizeLimit}
              value={limits.bodySizeLimit}
              problem={limits.bodySizeLimit ? sizeProblem(limits.bodySizeLimit) : undefined}
              onChange={(bodySizeLimit) => set({ bodySizeLimit })}
            />
            <NumberField
              {...common}
              label="Sample limit"
              description="Samples in one response"
              placeholder={String(DEFAULTS.limits.sampleLimit)}
              min={1}
              step={1}
              value={limits.sampleLimit}
              onChange={(sampleLimit) => set({ sampleLimit })}
            />
            <NumberField
              {...common}
              label="Label value length limit"
              description="Characters in a metric name, label name or label value"
              placeholder={String(DEFAULTS.limits.labelValueLengthLimit)}
              min={1}
              step={1}
              value={limits.labelValueLengthLimit}
              onChange={(labelValueLengthLimit) => set({ labelValueLengthLimit })}
            />
            <NumberField
              {...common}
              label="Label limit"
              description="Labels of one series"
              placeholder={String(DEFAULTS.limits.labelLimit)}
              min={1}
              step={1}
              value={limits.labelLimit}
              onChange={(labelLimit) => set({ labelLimit })}
            />
            <NumberField
              {...common}
              label="Target limit"
              description="Targets that one entry can discover"
              placeholder={String(DEFAULTS.limits.targetLimit)}
              min={1}
              step={1}
              value={limits.targetLimit}
              onChange={(targetLimit) => set({ targetLimit })}
            />
            <TextField
              {...common}
              label="Result cache size"
              description="Memory for values that are used again"
              placeholder={DEFAULTS.limits.resultCacheSize}
              value={limits.resultCacheSize}
              problem={limits.resultCacheSize ? sizeProblem(limits.resultCacheSize) : undefined}
              onChange={(resultCacheSize) => set({ resultCacheSize })}
            />
          </>
        )}
        {settings.mode === 'prometheus' && (
          <TextField
            {...common}
            label="Response size limit"
            description="Size of one response of the server"
            placeholder={DEFAULTS.limits.responseSizeLimit}
            value={limits.responseSizeLimit}
            problem={limits.responseSizeLimit ? sizeProblem(limits.responseSizeLimit) : undefined}
            onChange={(responseSizeLimit) => set({ responseSizeLimit })}
          />
        )}
        <NumberField
          {...common}
          label="Maximum samples"
          description="Samples that all queries together can hold in memory"
          placeholder={String(DEFAULTS.limits.maxSamples)}
          min={1}
          step={1}
          value={limits.maxSamples}
          onChange={(maxSamples) => set({ maxSamples })}
        />
        <TextField
          {...common}
          label="Query timeout"
          description="Includes all waiting"
          placeholder={DEFAULTS.limits.queryTimeout}
          value={limits.queryTimeout}
          problem={limits.queryTimeout ? durationProblem(limits.queryTimeout) : undefined}
          onChange={(queryTimeout) => set({ queryTimeout })}
        />
        <TextField
          {...common}
          label="Expression size limit"
          description="Size of one PromQL expression"
          placeholder={DEFAULTS.limits.expressionSizeLimit}
          value={limits.expressionSizeLimit}
          problem={limits.expressionSizeLimit ? sizeProblem(limits.expressionSizeLimit) : undefined}
          onChange={(expressionSizeLimit) => set({ expressionSizeLimit })}
        />
        <NumberField
          {...common}
          label="Expression depth limit"
          description="Levels of brackets and operators in a row"
          placeholder={String(DEFAULTS.limits.expressionDepthLimit)}
          min={1}
          step={1}
          value={limits.expressionDepthLimit}
          onChange={(expressionDepthLimit) => set({ expressionDepthLimit })}
        />
      </Stack>
    </ConfigSection>
  );
}
