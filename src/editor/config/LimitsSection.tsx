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
      description="A scrape or query that exceeds a limit fails with an error. Results are never truncated silently."
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
              value={limits.sampleLimit}
              onChange={(sampleLimit) => set({ sampleLimit })}
            />
            <NumberField
              {...common}
              label="Label value length limit"
              description="Characters in a metric name, label name or label value"
              placeholder={String(DEFAULTS.limits.labelValueLengthLimit)}
              min={1}
              value={limits.labelValueLengthLimit}
              onChange={(labelValueLengthLimit) => set({ labelValueLengthLimit })}
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
          description="Samples that one query can hold in memory"
          placeholder={String(DEFAULTS.limits.maxSamples)}
          min={1}
          value={limits.maxSamples}
          onChange={(maxSamples) => set({ maxSamples })}
        />
        <TextField
          {...common}
          label="Query timeout"
          placeholder={DEFAULTS.limits.queryTimeout}
          value={limits.queryTimeout}
          problem={limits.queryTimeout ? durationProblem(limits.queryTimeout) : undefined}
          onChange={(queryTimeout) => set({ queryTimeout })}
        />
      </Stack>
    </ConfigSection>
  );
}
