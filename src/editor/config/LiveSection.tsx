import { ConfigSection } from '@grafana/plugin-ui';
import { Field, Stack, Switch } from '@grafana/ui';
import { useId } from 'react';
import { t } from '../../i18n';
import { DEFAULTS } from '../../settings';
import { type SectionProps, TextField } from './fields';
import { liveProblem } from './validate';

/** Live updates: the minimum interval, and who can view them. */
export function LiveSection({ settings, onChange, disabled }: SectionProps) {
  const id = useId();
  const live = settings.live ?? {};
  const set = (change: typeof live) => onChange({ live: { ...live, ...change } });
  return (
    <ConfigSection
      title={t('config.live.title', 'Live')}
      description={t(
        'config.live.description',
        'While someone watches a live panel, the plugin scrapes its targets more often. All viewers share these scrapes. Each scrape makes Falco walk its thread table.'
      )}
      isCollapsible
      isInitiallyOpen={settings.live !== undefined}
    >
      <Stack gap={2} wrap="wrap" alignItems="flex-start">
        <TextField
          label={t('config.live.min-interval', 'Minimum interval')}
          description={t(
            'config.live.min-interval-help',
            'Between two live scrapes of a target. 0 turns live updates off.'
          )}
          placeholder={DEFAULTS.live.minInterval}
          value={live.minInterval}
          problem={live.minInterval ? liveProblem(live.minInterval) : undefined}
          onChange={(minInterval) => set({ minInterval })}
          disabled={disabled}
          width={30}
        />
        <Field
          label={t('config.live.viewers', 'Allow viewers')}
          description={t(
            'config.live.viewers-help',
            'Otherwise only editors and administrators can view live updates, because they contain rule names and file digests.'
          )}
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
