import { CoreApp, type TimeRange } from '@grafana/data';
import { EditorRow } from '@grafana/plugin-ui';
import { RadioButtonGroup, Stack, UnitPicker } from '@grafana/ui';
import { useId } from 'react';
import { EditorField } from '../EditorField';
import { IMPACT } from '../../contract';
import { type CompleteQuery, type FalcoQuery, returnsSeries } from '../../query';
import { type FalcoSettings } from '../../settings';
import { t, verbatim } from '../../i18n';
import { parseDuration, windowLength } from '../../signals/window';
import { LiveSwitch } from './LiveSwitch';
import { LineGroup } from './LineGroup';
import { TextOption } from './TextOption';
import { titleOfUnit } from './units';

interface Props {
  query: CompleteQuery;
  app: CoreApp | undefined;
  settings: FalcoSettings;
  range: TimeRange | undefined;
  onChange: (change: Partial<FalcoQuery>) => void;
}

/**
 * The options of a query: window, comparison, limit, unit, format, type, legend and live. Each query type has the ones that
 * affect it.
 */
export function QueryOptions({ query, app, settings, range, onChange }: Props) {
  const id = useId();
  const isSeries = returnsSeries(query.queryType);
  const returnsNumbers = isSeries || isReport(query.queryType);
  // Alert rules take no tables, and a health table is always instant.
  const alerting = app === CoreApp.UnifiedAlerting;
  const asSeries = alerting || query.format === 'timeseries';
  const hasWindow = returnsNumbers && query.queryType !== 'promql';
  const hasCompare = isSeries && !alerting;
  const hasLimit = query.queryType !== 'promql' && !(query.queryType === 'health' && !query.instant);
  const hasUnit = query.queryType === 'promql' && !alerting;
  const hasFormat = returnsNumbers && !alerting;
  const hasType = returnsNumbers && query.queryType !== 'impact' && (asSeries || isSeries);
  const hasLegend = returnsNumbers && !alerting && (asSeries || isSeries);
  const hasLive = isSeries && !alerting;
  const auto = t('query.options.auto', 'auto');
  const windowDefault = query.queryType === 'impact' ? IMPACT.window : auto;
  const formats = [
    {
      value: 'timeseries' as const,
      label: isReport(query.queryType)
        ? t('query.options.numbers', 'Numbers')
        : t('query.options.time-series', 'Time series'),
    },
    { value: 'table' as const, label: t('query.options.table', 'Table') },
  ];
  const types = [
    { value: false, label: t('query.options.range', 'Range') },
    { value: true, label: t('query.options.instant', 'Instant') },
  ];
  const summary = [
    ...(hasWindow
      ? [t('query.options.summary-window', 'Window: {{window}}', { window: query.window ?? windowDefault })]
      : []),
    ...(hasCompare && query.compare
      ? [t('query.options.summary-compare', 'Compare: {{compare}}', { compare: query.compare })]
      : []),
    ...(hasLimit && query.limit ? [t('query.options.summary-limit', 'Limit: {{limit}}', { limit: query.limit })] : []),
    ...(hasUnit && query.unit
      ? [t('query.options.summary-unit', 'Unit: {{unit}}', { unit: titleOfUnit(query.unit) })]
      : []),
    ...(hasFormat
      ? [
          t('query.options.summary-format', 'Format: {{format}}', {
            format: formats.find(({ value }) => value === query.format)?.label ?? query.format,
          }),
        ]
      : []),
    ...(hasType
      ? [
          t('query.options.summary-type', 'Type: {{type}}', {
            type: types.find(({ value }) => value === query.instant)?.label ?? '',
          }),
        ]
      : []),
    ...(hasLegend
      ? [t('query.options.summary-legend', 'Legend: {{legend}}', { legend: query.legendFormat ?? auto })]
      : []),
    ...(hasLive && query.live ? [t('query.options.summary-live', 'Live')] : []),
  ];
  return (
    <EditorRow>
      <LineGroup title={t('query.options.title', 'Options')} summary={summary}>
        <Stack gap={2} wrap="wrap">
          {hasWindow && (
            <TextOption
              label={t('query.options.window', 'Window')}
              tooltip={windowHelp(query.queryType)}
              placeholder={windowDefault}
              width={14}
              value={query.window}
              problem={windowProblem}
              onChange={(window) => onChange({ window })}
            />
          )}
          {hasCompare && (
            <TextOption
              label={t('query.options.compare', 'Compare')}
              tooltip={t(
                'query.options.compare-help',
                'Compare with the value this long ago: 1d for yesterday, $__range for the preceding time range.'
              )}
              placeholder={t('query.options.compare-off', 'off')}
              width={14}
              value={query.compare}
              problem={compareProblem}
              onChange={(compare) => onChange({ compare })}
            />
          )}
          {hasLimit && (
            <TextOption
              label={t('query.options.limit', 'Limit')}
              tooltip={
                query.queryType === 'signal'
                  ? t(
                      'query.options.limit-help-signal',
                      'Maximum number of series or rows. Keeps the worst ones of the time range, judged by the first signal.'
                    )
                  : t(
                      'query.options.limit-help',
                      'Maximum number of rows. Keeps the worst rows, the latest events, or the rows of the latest changes.'
                    )
              }
              placeholder={t('query.options.limit-all', 'all')}
              width={10}
              value={query.limit?.toString()}
              problem={(text) =>
                text === '' || isLimit(text)
                  ? undefined
                  : t('query.options.limit-invalid', 'Limit must be a whole number above 0, for example 10.')
              }
              onChange={(limit = '') => onChange({ limit: isLimit(limit) ? Number(limit) : undefined })}
            />
          )}
          {hasUnit && (
            <EditorField
              label={t('query.options.unit', 'Unit')}
              tooltip={t('query.options.unit-help', 'The unit in which panels show the values.')}
            >
              <UnitPicker
                id={`${id}-unit`}
                width={25}
                value={query.unit}
                onChange={(unit) => onChange({ unit: unit || undefined })}
              />
            </EditorField>
          )}
          {hasFormat && (
            <EditorField label={t('query.options.format', 'Format')} tooltip={numbersHelp(query.queryType)}>
              <RadioButtonGroup
                id={`${id}-format`}
                aria-label={t('query.options.format', 'Format')}
                options={formats}
                value={query.format}
                // The default of the type depends on the format.
                onChange={(format) =>
                  onChange({ format, instant: undefined, ...(query.queryType === 'health' && { limit: undefined }) })
                }
              />
            </EditorField>
          )}
          {hasType && (
            <EditorField
              label={t('query.options.type', 'Type')}
              tooltip={t(
                'query.options.type-help',
                'Range returns values over the time range, Instant only the values at its end.'
              )}
            >
              <RadioButtonGroup
                id={`${id}-type`}
                aria-label={t('query.options.type', 'Type')}
                options={types}
                value={query.instant}
                onChange={(instant) =>
                  onChange({ instant, ...(query.queryType === 'health' && !instant && { limit: undefined }) })
                }
              />
            </EditorField>
          )}
          {hasLegend && (
            <TextOption
              label={t('query.options.legend', 'Legend')}
              tooltip={t(
                'query.options.legend-help',
                'Name of each series. {{label}} is replaced by the value of the label, {{signal}} by the title of the signal. In a table it names the columns, and every value of a label in it gets its own column.',
                { label: verbatim('{{label}}'), signal: verbatim('{{signal}}') }
              )}
              placeholder={auto}
              width={30}
              value={query.legendFormat}
              onChange={(legendFormat) => onChange({ legendFormat })}
            />
          )}
          {hasLive && <LiveSwitch query={query} settings={settings} range={range} onChange={onChange} />}
        </Stack>
      </LineGroup>
    </EditorRow>
  );
}

/** Query types whose values are numbers or a table with texts. */
function isReport(queryType: FalcoQuery['queryType']): boolean {
  return queryType === 'health' || queryType === 'impact';
}

function windowHelp(queryType: FalcoQuery['queryType']): string {
  switch (queryType) {
    case 'health':
      return t(
        'query.options.window-help-health',
        'How far back checks without their own window look. By default it depends on the step.'
      );
    case 'impact':
      return t(
        'query.options.window-help-impact',
        'How long before and how long after a change to compare, at least 30m.'
      );
    default:
      return t(
        'query.options.window-help',
        'How far back rates look. By default it depends on the step and covers at least four scrapes. $__range uses the whole time range.'
      );
  }
}

function numbersHelp(queryType: FalcoQuery['queryType']): string | undefined {
  switch (queryType) {
    case 'health':
      return t('query.options.numbers-help-health', 'Numbers: ok 0, warning 1, critical 2, unknown -1.');
    case 'impact':
      return t(
        'query.options.numbers-help-impact',
        'Numbers: the change that is certain, as a fraction; 0 without a measurable change.'
      );
    default:
      return undefined;
  }
}

function isLimit(text: string): boolean {
  return /^[1-9]\d*$/.test(text);
}

function compareProblem(text: string): string | undefined {
  const valid = text === '' || text.includes('$') || (parseDuration(text) ?? 0) > 0;
  return valid
    ? undefined
    : t('query.options.compare-invalid', 'Compare must be a duration such as 1h or 7d, or $__range.');
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
