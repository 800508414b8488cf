import { CoreApp } from '@grafana/data';
import { EditorField, EditorRow } from '@grafana/plugin-ui';
import { RadioButtonGroup } from '@grafana/ui';
import { useId } from 'react';
import { type CompleteQuery, type FalcoQuery, givesSeries } from '../../query';
import { windowLength } from '../../signals/window';
import { TextOption } from './TextOption';

interface Props {
  query: CompleteQuery;
  app: CoreApp | undefined;
  onChange: (change: Partial<FalcoQuery>) => void;
}

/** How the answer is shown: window, format, over the range or now, legend. Kinds that are always tables have none. */
export function Options({ query, app, onChange }: Props) {
  const id = useId();
  if (!givesSeries(query.kind) && query.kind !== 'health') {
    return null;
  }
  // Alert rules take no tables, and a table of health is always of one moment.
  const alerting = app === CoreApp.UnifiedAlerting;
  const numbers = alerting || query.format === 'timeseries';
  return (
    <EditorRow>
      {query.kind !== 'promql' && (
        <TextOption
          label="Window"
          tooltip={
            query.kind === 'health'
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
      {!alerting && (
        <EditorField
          label="Format"
          tooltip={query.kind === 'health' ? 'As numbers: ok 0, warning 1, critical 2, unknown -1.' : undefined}
        >
          <RadioButtonGroup
            id={`${id}-format`}
            aria-label="Format"
            options={[
              { value: 'timeseries' as const, label: query.kind === 'health' ? 'Numbers' : 'Time series' },
              { value: 'table' as const, label: 'Table' },
            ]}
            value={query.format}
            // Each format has its own default type.
            onChange={(format) => onChange({ format, instant: undefined })}
          />
        </EditorField>
      )}
      {(numbers || givesSeries(query.kind)) && (
        <EditorField label="Type" tooltip="Over the time range, or only the figures at its end.">
          <RadioButtonGroup
            id={`${id}-type`}
            aria-label="Type"
            options={[
              { value: false, label: 'Range' },
              { value: true, label: 'Instant' },
            ]}
            value={query.instant}
            onChange={(instant) => onChange({ instant })}
          />
        </EditorField>
      )}
      {!alerting && (numbers || givesSeries(query.kind)) && (
        <TextOption
          label="Legend"
          tooltip="Name of a series: {{label}} is replaced by the label’s value, {{signal}} by the signal’s title."
          placeholder="auto"
          width={30}
          value={query.legend}
          onChange={(legend) => onChange({ legend })}
        />
      )}
    </EditorRow>
  );
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
