import { type TimeRange } from '@grafana/data';
import { EditorField } from '@grafana/plugin-ui';
import { Stack, Switch, Text } from '@grafana/ui';
import { useId } from 'react';
import { notLive } from '../../live-queries';
import { type CompleteQuery, type FalcoQuery } from '../../query';
import { type FalcoSettings } from '../../settings';

interface Props {
  query: CompleteQuery;
  settings: FalcoSettings;
  range: TimeRange | undefined;
  onChange: (change: Partial<FalcoQuery>) => void;
}

/** Live or not; and why live is off, not allowed or ignored. */
export function LiveSwitch({ query, settings, range, onChange }: Props) {
  const id = useId();
  const never = notLive({ queryType: query.queryType }, settings);
  const why = never ?? (query.live ? notLive(query, settings, range?.raw) : undefined);
  return (
    <EditorField
      label="Live"
      tooltip="Figures straight from Falco, second by second, for as long as somebody looks. Each scrape walks Falco’s thread table."
    >
      <Stack alignItems="center" height="32px">
        <Switch
          id={`${id}-live`}
          aria-label="Live"
          value={query.live === true}
          disabled={never !== undefined && !query.live}
          onChange={(event) => onChange({ live: event.currentTarget.checked || undefined })}
        />
        {why !== undefined && (
          <Text variant="bodySmall" color="secondary">
            {query.live ? 'Ignored: ' : 'Not to be had: '}
            {why}.
          </Text>
        )}
      </Stack>
    </EditorField>
  );
}
