import { EditorRow } from '@grafana/plugin-ui';
import { nodeFilterKeys } from './allowed';
import { CheckPicker } from './CheckPicker';
import { EventPicker } from './EventPicker';
import { Filters } from './Filters';
import { KeptApart } from './KeptApart';
import { type RowsProps } from './rows';

/** The kinds that are about nodes: which of them, and for health and events what of them. */
export function NodeRows({ query, datasource, change }: RowsProps) {
  // No choice means all: then nothing is saved.
  const choose = (ids: string[]) => change({ signals: ids.length > 0 ? ids : undefined });
  return (
    <EditorRow>
      {query.queryType === 'health' && <CheckPicker checks={query.signals ?? []} onChange={choose} />}
      {query.queryType === 'events' && <EventPicker events={query.signals ?? []} onChange={choose} />}
      {(query.queryType === 'health' || query.queryType === 'events') && (
        <KeptApart kind={query.queryType} by={query.groupBy} onChange={(by) => change({ groupBy: by })} />
      )}
      <Filters
        filters={query.filters}
        keys={nodeFilterKeys(datasource.settings)}
        values={(label, others) => datasource.labelValues(label, others)}
        onChange={(filters) => change({ filters })}
      />
    </EditorRow>
  );
}
