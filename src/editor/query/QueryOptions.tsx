import { CoreApp, type TimeRange } from '@grafana/data';
import { EditorField, EditorRow } from '@grafana/plugin-ui';
import { RadioButtonGroup } from '@grafana/ui';
import { useId } from 'react';
import { IMPACT } from '../../contract';
import { type CompleteQuery, type FalcoQuery, returnsSeries } from '../../query';
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

/** The options of a query: window, comparison, limit, format, type, legend and live. Each query type has the ones that affect it. */
export function QueryOptions({ query, app, settings, range, onChange }: Props) {
  const id = useId();
  const returnsNumbers = returnsSeries(query.queryType) || isReport(query.queryType);
  // Alert rules take no tables, and a health table is always instant.
  const alerting = app === CoreApp.UnifiedAlerting;
  const asSeries = alerting || query.format === 'timeseries';
  return (
    <EditorRow>
      {returnsNumbers && query.queryType !== 'promql' && (
        <TextOption
          label="Window"
          tooltip={
            WINDOWS[query.queryType] ??
            'How far back rates look. By default it depends on the step and covers at least four scrapes. $__range uses the whole time range.'
          }
          placeholder={query.queryType === 'impact' ? IMPACT.window : 'auto'}
          width={14}
          value={query.window}
          problem={windowProblem}
          onChange={(window) => onChange({ window })}
        />
      )}
      {returnsSeries(query.queryType) && !alerting && (
        <TextOption
          label="Compare"
          tooltip="Compare with the value this long ago: 1d for yesterday, $__range for the preceding time range."
          placeholder="off"
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
              ? 'Maximum number of series or rows. Keeps the worst ones of the time range, judged by the first signal.'
              : 'Maximum number of rows. Keeps the worst rows, the latest events, or the rows of the latest changes.'
          }
          placeholder="all"
          width={10}
          value={query.limit?.toString()}
          problem={(text) =>
            text === '' || isLimit(text) ? undefined : 'Limit must be a whole number above 0, for example 10.'
          }
          onChange={(limit = '') => onChange({ limit: isLimit(limit) ? Number(limit) : undefined })}
        />
      )}
      {returnsNumbers && !alerting && (
        <EditorField label="Format" tooltip={NUMBERS[query.queryType]}>
          <RadioButtonGroup
            id={`${id}-format`}
            aria-label="Format"
            options={[
              { value: 'timeseries' as const, label: isReport(query.queryType) ? 'Numbers' : 'Time series' },
              { value: 'table' as const, label: 'Table' },
            ]}
            value={query.format}
            // The default of the type depends on the format.
            onChange={(format) =>
              onChange({ format, instant: undefined, ...(query.queryType === 'health' && { limit: undefined }) })
            }
          />
        </EditorField>
      )}
      {returnsNumbers && query.queryType !== 'impact' && (asSeries || returnsSeries(query.queryType)) && (
        <EditorField
          label="Type"
          tooltip="Range returns values over the time range, Instant only the values at its end."
        >
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
      {returnsNumbers && !alerting && (asSeries || returnsSeries(query.queryType)) && (
        <TextOption
          label="Legend"
          tooltip="Name of each series. {{label}} is replaced by the value of the label, {{signal}} by the title of the signal. In a table it names the columns, and every value of a label in it gets its own column."
          placeholder="auto"
          width={30}
          value={query.legendFormat}
          onChange={(legendFormat) => onChange({ legendFormat })}
        />
      )}
      {returnsSeries(query.queryType) && !alerting && (
        <LiveSwitch query={query} settings={settings} range={range} onChange={onChange} />
      )}
    </EditorRow>
  );
}

/** Query types whose values are numbers or a table with texts. */
function isReport(queryType: FalcoQuery['queryType']): boolean {
  return queryType === 'health' || queryType === 'impact';
}

const WINDOWS: Partial<Record<FalcoQuery['queryType'], string>> = {
  health: 'How far back checks without their own window look. By default it depends on the step.',
  impact: 'How long before and how long after a change to compare, at least 30m.',
};

const NUMBERS: Partial<Record<FalcoQuery['queryType'], string>> = {
  health: 'Numbers: ok 0, warning 1, critical 2, unknown -1.',
  impact: 'Numbers: the change that is certain, as a fraction; 0 without a measurable change.',
};

function isLimit(text: string): boolean {
  return /^[1-9]\d*$/.test(text);
}

function compareProblem(text: string): string | undefined {
  const valid = text === '' || text.includes('$') || (parseDuration(text) ?? 0) > 0;
  return valid ? undefined : 'Compare must be a duration such as 1h or 7d, or $__range.';
}

/** A dashboard variable is not validated, because its value is not known here. */
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
