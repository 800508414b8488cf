import { CoreApp } from '@grafana/data';
import { RadioButtonGroup, Text } from '@grafana/ui';
import { QUERY_TYPES, type QueryType } from './queryTypes';

interface Props {
  queryType: QueryType;
  app: CoreApp | undefined;
  onChange: (queryType: QueryType) => void;
}

/** The query type, with one line that explains it. */
export function QueryTypePicker({ queryType, app, onChange }: Props) {
  const options = QUERY_TYPES.filter(({ returnsText }) => !returnsText || app !== CoreApp.UnifiedAlerting);
  const description = options.find(({ value }) => value === queryType)?.description;
  return (
    <>
      <RadioButtonGroup aria-label="Query type" size="sm" options={options} value={queryType} onChange={onChange} />
      {description !== undefined && (
        <Text variant="bodySmall" color="secondary">
          {description}
        </Text>
      )}
    </>
  );
}
