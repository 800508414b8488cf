import { upperFirst } from 'lodash';
import { COLUMNS } from '../../contract';
import { IDENTITY, targetLabels } from '../../expression';
import { t } from '../../i18n';
import { type FalcoQuery } from '../../query';
import { type FalcoSettings } from '../../settings';
import { catalogue } from '../../signals';
import { OptionPicker } from './OptionPicker';
import { type PickerOption } from './searchOptions';

interface Props {
  query: FalcoQuery;
  settings: FalcoSettings;
  onChange: (columns: string[] | undefined) => void;
}

/** The columns of a health or inventory table, in the order in which they are selected. */
export function ColumnPicker({ query, settings, onChange }: Props) {
  return (
    <OptionPicker
      label={t('query.columns.title', 'Columns')}
      tooltip={t('query.columns.help', 'The columns to show, in this order.')}
      placeholder={t('query.columns.default', 'Default columns')}
      options={listColumns(query, settings)}
      value={query.columns ?? []}
      onChange={(columns) => onChange(columns.length > 0 ? columns : undefined)}
    />
  );
}

function listColumns({ queryType, groupBy }: FalcoQuery, settings: FalcoSettings): PickerOption[] {
  const named = ({ name, title }: { name: string; title: string }) => ({
    value: name,
    label: title,
    description: name,
  });
  if (queryType === 'inventory') {
    return [
      ...COLUMNS.inventory.map(named),
      ...targetLabels(settings).map((name) => named({ name, title: name })),
      ...catalogue.inventory.map(({ id, title }) => named({ name: id, title })),
    ];
  }
  const labels = (groupBy ?? []).flatMap((label) => (label === '$identity' ? IDENTITY : label));
  if (groupBy === undefined || (labels.includes('check') && labels.includes('node'))) {
    return COLUMNS.health.map(named);
  }
  return [
    ...labels.map((name) => named({ name, title: upperFirst(name) })),
    ...(labels.includes('check') ? COLUMNS.healthOfChecks.map(named) : []),
    ...COLUMNS.healthSummary.map(named),
  ];
}
