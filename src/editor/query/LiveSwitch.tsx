import { type TimeRange } from '@grafana/data';
import { EditorField } from '@grafana/plugin-ui';
import { Stack, Switch, Text } from '@grafana/ui';
import { useId } from 'react';
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
      label="Live"
      tooltip="Scrapes Falco every second while someone watches the panel. Each scrape makes Falco walk its thread table."
    >
      <Stack alignItems="center" height="32px">
        <Switch
          id={`${id}-live`}
          aria-label="Live"
          value={query.live === true}
          disabled={unavailable !== undefined && !query.live}
          onChange={(event) => onChange({ live: event.currentTarget.checked || undefined })}
        />
        {obstacle !== undefined && (
          <Text variant="bodySmall" color="secondary">
            {query.live ? 'Ignored: ' : 'Unavailable: '}
            {obstacle}.
          </Text>
        )}
      </Stack>
    </EditorField>
  );
}
