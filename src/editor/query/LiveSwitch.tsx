import { type TimeRange } from '@grafana/data';
import { Stack, Switch, Text } from '@grafana/ui';
import { useId } from 'react';
import { EditorField } from '../EditorField';
import { t } from '../../i18n';
import { findLiveObstacle } from '../../liveQueries';
import { type CompleteQuery, type FalcoQuery } from '../../query';
import { type FalcoSettings } from '../../settings';

interface Props {
  query: CompleteQuery;
  settings: FalcoSettings;
  range: TimeRange | undefined;
  onChange: (change: Partial<FalcoQuery>) => void;
}

/** Turns live updates on. Shows why they are not available or ignored. */
export function LiveSwitch({ query, settings, range, onChange }: Props) {
  const id = useId();
  const unavailable = findLiveObstacle({ queryType: query.queryType }, settings);
  const obstacle = unavailable ?? (query.live ? findLiveObstacle(query, settings, range?.raw) : undefined);
  return (
    <EditorField
      label={t('query.live', 'Live')}
      tooltip={t(
        'query.live-help',
        'Scrapes Falco every second while someone watches the panel. Each scrape makes Falco walk its thread table.'
      )}
    >
      <Stack alignItems="center" height="32px">
        <Switch
          id={`${id}-live`}
          aria-label={t('query.live', 'Live')}
          value={query.live === true}
          disabled={unavailable !== undefined && !query.live}
          onChange={(event) => onChange({ live: event.currentTarget.checked || undefined })}
        />
        {obstacle !== undefined && (
          <Text variant="bodySmall" color="secondary">
            {query.live
              ? t('query.live-ignored', 'Ignored: {{obstacle}}.', { obstacle })
              : t('query.live-unavailable', 'Unavailable: {{obstacle}}.', { obstacle })}
          </Text>
        )}
      </Stack>
    </EditorField>
  );
}
