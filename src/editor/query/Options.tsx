import { CoreApp } from '@grafana/data';
import { EditorField } from '@grafana/plugin-ui';
import { Input, RadioButtonGroup } from '@grafana/ui';
import { useId, useState } from 'react';
import { type CompleteQuery, type FalcoQuery } from '../../query';
import { windowLength } from '../../signals/window';

interface Props {
  query: CompleteQuery;
  app: CoreApp | undefined;
  onChange: (change: Partial<FalcoQuery>) => void;
}

const FORMATS: Array<{ value: NonNullable<FalcoQuery['format']>; label: string }> = [
  { value: 'timeseries', label: 'Time series' },
  { value: 'table', label: 'Table' },
];

/** How the answer is shown: legend, format, over the range or now, window. */
export function Options({ query, app, onChange }: Props) {
  const id = useId();
  const alerting = app === CoreApp.UnifiedAlerting;
  return (
    <>
      {query.kind === 'signal' && (
        <TextOption
          label="Window"
          tooltip="How far back a rate looks. Without one it follows the step: at least four scrapes. $__range takes the whole time range."
          placeholder="auto"
          width={14}
          value={query.window}
          problem={windowProblem}
          onChange={(window) => onChange({ window })}
        />
      )}
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
      {/* Alert rules take no tables. */}
      {!alerting && (
        <EditorField label="Format">
          <RadioButtonGroup
            id={`${id}-format`}
            aria-label="Format"
            options={FORMATS}
            value={query.format}
            // Each format has its own default type.
            onChange={(format) => onChange({ format, instant: undefined })}
          />
        </EditorField>
      )}
      {!alerting && (
        <TextOption
          label="Legend"
          tooltip="Name of a series: {{label}} is replaced by the label’s value, {{signal}} by the signal’s title."
          placeholder="auto"
          width={30}
          value={query.legend}
          onChange={(legend) => onChange({ legend })}
        />
      )}
    </>
  );
}

interface TextOptionProps {
  label: string;
  tooltip: string;
  placeholder: string;
  width: number;
  value: string | undefined;
  problem?: (text: string) => string | undefined;
  onChange: (value: string | undefined) => void;
}

/** A text that counts once it is left or Enter is pressed: a query is not run at every letter. */
function TextOption({ value = '', problem = () => undefined, onChange, label, tooltip, ...input }: TextOptionProps) {
  const id = useId();
  const [draft, setDraft] = useState<string>();
  const text = draft ?? value;
  const wrong = problem(text);
  const commit = () => {
    setDraft(undefined);
    if (text !== value) {
      onChange(text === '' ? undefined : text);
    }
  };
  return (
    <EditorField label={label} tooltip={tooltip} invalid={wrong !== undefined} error={wrong}>
      <Input
        {...input}
        id={id}
        value={text}
        onChange={(event) => setDraft(event.currentTarget.value)}
        onBlur={commit}
        onKeyDown={(event) => event.key === 'Enter' && commit()}
      />
    </EditorField>
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
