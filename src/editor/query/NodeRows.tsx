import { EditorRow } from '@grafana/plugin-ui';
import { ColumnPicker } from './ColumnPicker';
import { CheckPicker } from './CheckPicker';
import { EventPicker } from './EventPicker';
import { FigurePicker } from './FigurePicker';
import { Filters } from './Filters';
import { GroupByChoice } from './GroupByChoice';
import { nodeFilterKeys } from '../../labelChoices';
import { type RowsProps } from './rowsProps';

/** The rows of the query types about nodes: health, inventory, rules, events and impact. */
export function NodeRows({ query, datasource, change }: RowsProps) {
  // No selection means everything, so nothing is saved.
  const select = (ids: string[]) => change({ signals: ids.length > 0 ? ids : undefined });
  return (
    <EditorRow>
      {query.queryType === 'health' && <CheckPicker checks={query.signals ?? []} onChange={select} />}
      {query.queryType === 'events' && <EventPicker events={query.signals ?? []} onChange={select} />}
      {query.queryType === 'impact' && (
        <FigurePicker figures={query.signals ?? []} settings={datasource.settings} onChange={select} />
      )}
      {(query.queryType === 'health' || query.queryType === 'events' || query.queryType === 'impact') && (
        <GroupByChoice
          queryType={query.queryType}
          groupBy={query.groupBy}
          // Each grouping has columns of its own.
          onChange={(groupBy) => change({ groupBy, columns: undefined })}
        />
      )}
      {(query.queryType === 'inventory' || (query.queryType === 'health' && query.format === 'table')) && (
        <ColumnPicker query={query} settings={datasource.settings} onChange={(columns) => change({ columns })} />
      )}
      <Filters
        filters={query.filters}
        keys={nodeFilterKeys(datasource.settings)}
        loadValues={(label, others) => datasource.labelValues(label, others)}
        onChange={(filters) => change({ filters })}
      />
    </EditorRow>
  );
}
