import { CoreApp, type TimeRange } from '@grafana/data';
import { EditorField, EditorRow } from '@grafana/plugin-ui';
import { RadioButtonGroup } from '@grafana/ui';
import { useId } from 'react';
import { type CompleteQuery, type FalcoQuery, givesSeries } from '../../query';
import { type FalcoSettings } from '../../settings';
import { parseDuration, windowLength } from '../../signals/window';
import { LiveSwitch } from './LiveSwitch';
import { TextOption } from './TextOption';

interface Props {
  query: CompleteQuery;
  app: CoreApp | undefined;
  settings: FalcoSettings;
  range: TimeRange | undefined;
  onChange: (change: Partial<FalcoQuery>) => void;
}

/** How the answer is shown: window, comparison, limit, format, over the range or now, legend, live. Each kind has those that change it. */
export function Options({ query, app, settings, range, onChange }: Props) {
  const id = useId();
  const judges = givesSeries(query.queryType) || query.queryType === 'health';
  // Alert rules take no tables, and a table of health is always of one moment.
  const alerting = app === CoreApp.UnifiedAlerting;
  const numbers = alerting || query.format === 'timeseries';
  return (
    <EditorRow>
      {judges && query.queryType !== 'promql' && (
        <TextOption
          label="Window"
          tooltip={
            query.queryType === 'health'
              ? 'How far back a check looks that has no window of its own. Without one it follows the step.'
              : 'How far back a rate looks. Without one it follows the step: at least four scrapes. $__range takes the whole time range.'
          }
          placeholder="auto"
          width={14}
          value={query.window}
          problem={windowProblem}
          onChange={(window) => onChange({ window })}
        />
      )}
      {givesSeries(query.queryType) && !alerting && (
        <TextOption
          label="Compare"
          tooltip="Show beside each figure that of so much earlier: 1d for yesterday, $__range for the time before this one."
          placeholder="with nothing"
          width={14}
          value={query.compare}
          problem={compareProblem}
          onChange={(compare) => onChange({ compare })}
        />
      )}
      {query.queryType !== 'promql' && !(query.queryType === 'health' && !query.instant) && (
        <TextOption
          label="Limit"
          tooltip={
            query.queryType === 'signal'
              ? 'Only so many series or rows: the worst of the time range, by the first signal.'
              : 'Only the first so many rows, which are the worst; of events the latest.'
          }
          placeholder="all"
          width={10}
          value={query.limit?.toString()}
          problem={(text) =>
            text === '' || isLimit(text) ? undefined : 'Expected a whole number above 0, such as 10.'
          }
          onChange={(limit = '') => onChange({ limit: isLimit(limit) ? Number(limit) : undefined })}
        />
      )}
      {judges && !alerting && (
        <EditorField
          label="Format"
          tooltip={query.queryType === 'health' ? 'As numbers: ok 0, warning 1, critical 2, unknown -1.' : undefined}
        >
          <RadioButtonGroup
            id={`${id}-format`}
            aria-label="Format"
            options={[
              { value: 'timeseries' as const, label: query.queryType === 'health' ? 'Numbers' : 'Time series' },
              { value: 'table' as const, label: 'Table' },
            ]}
            value={query.format}
            // Each format has its own default type.
            onChange={(format) =>
              onChange({ format, instant: undefined, ...(query.queryType === 'health' && { limit: undefined }) })
            }
          />
        </EditorField>
      )}
      {judges && (numbers || givesSeries(query.queryType)) && (
        <EditorField label="Type" tooltip="Over the time range, or only the figures at its end.">
          <RadioButtonGroup
            id={`${id}-type`}
            aria-label="Type"
            options={[
              { value: false, label: 'Range' },
              { value: true, label: 'Instant' },
            ]}
            value={query.instant}
            onChange={(instant) =>
              onChange({ instant, ...(query.queryType === 'health' && !instant && { limit: undefined }) })
            }
          />
        </EditorField>
      )}
      {judges && !alerting && (numbers || givesSeries(query.queryType)) && (
        <TextOption
          label="Legend"
          tooltip="Name of a series: {{label}} is replaced by the label’s value, {{signal}} by the signal’s title. In a table the name of a column; labels in it make a column for each of their values."
          placeholder="auto"
          width={30}
          value={query.legendFormat}
          onChange={(legend) => onChange({ legendFormat: legend })}
        />
      )}
      {givesSeries(query.queryType) && !alerting && (
        <LiveSwitch query={query} settings={settings} range={range} onChange={onChange} />
      )}
    </EditorRow>
  );
}

function isLimit(text: string): boolean {
  return /^[1-9]\d*$/.test(text);
}

function compareProblem(text: string): string | undefined {
  const known = text === '' || text.includes('$') || (parseDuration(text) ?? 0) > 0;
  return known ? undefined : 'Expected a duration such as 1h or 7d, or $__range.';
}

/** Nothing for a dashboard's variable, whose value is not known here. */
function windowProblem(text: string): string | undefined {
  if (text.includes('$')) {
    return undefined;
  }
  try {
    windowLength(text, { step: 1, scrapeInterval: 1, range: 1 });
    return undefined;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}
