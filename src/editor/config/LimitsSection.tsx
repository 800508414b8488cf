import { ConfigSection } from '@grafana/plugin-ui';
import { Stack } from '@grafana/ui';
import { DEFAULTS } from '../../settings';
import { NumberField, type SectionProps, TextField } from './fields';
import { durationProblem } from './validate';

const MEBIBYTE = 1024 * 1024;

/** Bounds that keep one odd target, or one heavy query, from harming the rest. A store’s targets are not scraped here. */
export function LimitsSection({ settings, onChange, disabled }: SectionProps) {
  const limits = settings.limits ?? {};
  const set = (change: typeof limits) => onChange({ limits: { ...limits, ...change } });
  const common = { disabled, width: 30 };
  return (
    <ConfigSection
      title="Limits"
      description="What goes beyond is refused with a message; nothing is cut off quietly."
      isCollapsible
      isInitiallyOpen={Object.values(limits).some((limit) => limit !== undefined)}
    >
      <Stack gap={2} wrap="wrap" alignItems="flex-start">
        {settings.mode !== 'store' && (
          <>
            <NumberField
              {...common}
              label="Size of an answer"
              description="MB, counted after unpacking"
              placeholder={String(DEFAULTS.limits.bodyBytes / MEBIBYTE)}
              min={1}
              value={limits.bodyBytes === undefined ? undefined : limits.bodyBytes / MEBIBYTE}
              onChange={(megabytes) =>
                set({ bodyBytes: megabytes === undefined ? undefined : Math.round(megabytes * MEBIBYTE) })
              }
            />
            <NumberField
              {...common}
              label="Samples of an answer"
              placeholder={String(DEFAULTS.limits.samplesPerScrape)}
              min={1}
              value={limits.samplesPerScrape}
              onChange={(samplesPerScrape) => set({ samplesPerScrape })}
            />
            <NumberField
              {...common}
              label="Length of a label"
              description="Bytes of its value"
              placeholder={String(DEFAULTS.limits.labelLength)}
              min={1}
              value={limits.labelLength}
              onChange={(labelLength) => set({ labelLength })}
            />
          </>
        )}
        <NumberField
          {...common}
          label="Samples of a query"
          description="Held in memory at once"
          placeholder={String(DEFAULTS.limits.samplesPerQuery)}
          min={1}
          value={limits.samplesPerQuery}
          onChange={(samplesPerQuery) => set({ samplesPerQuery })}
        />
        <TextField
          {...common}
          label="Time of a query"
          placeholder={DEFAULTS.limits.queryTimeout}
          value={limits.queryTimeout}
          problem={limits.queryTimeout ? durationProblem(limits.queryTimeout) : undefined}
          onChange={(queryTimeout) => set({ queryTimeout })}
        />
      </Stack>
    </ConfigSection>
  );
}
