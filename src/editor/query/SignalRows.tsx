import { EditorRow } from '@grafana/plugin-ui';
import { filterKeysOf, knownSignals } from './allowed';
import { Filters } from './Filters';
import { GroupBy } from './GroupBy';
import { PromqlPreview } from './PromqlPreview';
import { type RowsProps } from './rows';
import { SignalHelp } from './SignalHelp';
import { SignalPicker } from './SignalPicker';

/** What to show, and what it comes to in PromQL. */
export function SignalRows({ query, datasource, change }: RowsProps) {
  const { settings } = datasource;
  const signals = knownSignals(query.signals);
  return (
    <>
      <EditorRow>
        <SignalPicker signals={query.signals ?? []} onChange={(chosen) => change({ signals: chosen })} />
        <GroupBy
          signals={query.signals ?? []}
          by={query.groupBy}
          settings={settings}
          onChange={(by) => change({ groupBy: by })}
        />
        <Filters
          filters={query.filters}
          keys={filterKeysOf(signals, settings)}
          values={(label, others) => datasource.labelValues(label, others)}
          onChange={(filters) => change({ filters })}
        />
      </EditorRow>
      <EditorRow>
        <PromqlPreview
          query={query}
          datasource={datasource}
          onEdit={(expr) => change({ queryType: 'promql', expr, limit: undefined })}
        />
        <SignalHelp signals={signals} />
      </EditorRow>
    </>
  );
}
