import { ConfigSection } from '@grafana/plugin-ui';
import { Field, Stack, Switch } from '@grafana/ui';
import { useId } from 'react';
import { DEFAULTS } from '../../settings';
import { type SectionProps, TextField } from './fields';
import { liveProblem } from './validate';

/** Scrapes beside the grid, for those who watch. */
export function LiveSection({ settings, onChange, disabled }: SectionProps) {
  const id = useId();
  const live = settings.live ?? {};
  const set = (change: typeof live) => onChange({ live: { ...live, ...change } });
  return (
    <ConfigSection
      title="Live"
      description="Panels that are set to live have targets scraped while somebody looks at them, once for all who do. Each scrape makes Falco walk its thread table."
      isCollapsible
      isInitiallyOpen={settings.live !== undefined}
    >
      <Stack gap={2} wrap="wrap" alignItems="flex-start">
        <TextField
          label="Shortest interval"
          description="Between two live scrapes of a target; 0 turns live off"
          placeholder={DEFAULTS.live.minInterval}
          value={live.minInterval}
          problem={live.minInterval ? liveProblem(live.minInterval) : undefined}
          onChange={(minInterval) => set({ minInterval })}
          disabled={disabled}
          width={30}
        />
        <Field
          label="Viewers may watch"
          description="Else only editors and administrators: answers hold names of rules and digests of files"
          disabled={disabled}
        >
          <Switch
            id={id}
            value={live.allowViewers === true}
            onChange={(event) => set({ allowViewers: event.currentTarget.checked || undefined })}
          />
        </Field>
      </Stack>
    </ConfigSection>
  );
}
