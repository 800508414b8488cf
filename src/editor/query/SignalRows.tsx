import { EditorRow } from '@grafana/plugin-ui';
import { editAsPromql, sampleIdentity } from './changeQueryType';
import { commonFilterKeys, findSignals } from '../../labelChoices';
import { Filters } from './Filters';
import { GroupBy } from './GroupBy';
import { PromqlPreview } from './PromqlPreview';
import { type RowsProps } from './rowsProps';
import { SignalHelp } from './SignalHelp';
import { SignalPicker } from './SignalPicker';

/** The rows of a signal query, with the resulting PromQL. */
export function SignalRows({ query, datasource, change }: RowsProps) {
  const { settings } = datasource;
  const signals = findSignals(query.signals);
  return (
    <>
      <EditorRow>
        <SignalPicker signals={query.signals ?? []} onChange={(ids) => change({ signals: ids })} />
        <GroupBy
          signals={query.signals ?? []}
          groupBy={query.groupBy}
          settings={settings}
          onChange={(groupBy) => change({ groupBy })}
        />
        <Filters
          filters={query.filters}
          keys={commonFilterKeys(signals, settings)}
          loadValues={(label, others) => datasource.labelValues(label, others)}
          onChange={(filters) => change({ filters })}
        />
      </EditorRow>
      <EditorRow>
        <PromqlPreview
          query={query}
          datasource={datasource}
          onEdit={(expr) => change(editAsPromql(query, expr, sampleIdentity(settings)))}
        />
        <SignalHelp signals={signals} />
      </EditorRow>
    </>
  );
}
