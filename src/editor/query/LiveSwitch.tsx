import { type TimeRange } from '@grafana/data';
import { Text } from '@grafana/ui';
import { SwitchField } from '../SwitchField';
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
  const unavailable = findLiveObstacle({ queryType: query.queryType }, settings);
  const obstacle = unavailable ?? (query.live ? findLiveObstacle(query, settings, range?.raw) : undefined);
  return (
    <SwitchField
      label={t('query.live', 'Live')}
      tooltip={t(
        'query.live-help',
        'Scrapes Falco every second while someone watches the panel. Each scrape makes Falco walk its thread table.'
      )}
      value={query.live === true}
      disabled={unavailable !== undefined && !query.live}
      onChange={(isOn) => onChange({ live: isOn || undefined })}
    >
      {obstacle !== undefined && (
        <Text variant="bodySmall" color="secondary">
          {query.live
            ? t('query.live-ignored', 'Ignored: {{obstacle}}.', { obstacle })
            : t('query.live-unavailable', 'Unavailable: {{obstacle}}.', { obstacle })}
        </Text>
      )}
    </SwitchField>
  );
}
