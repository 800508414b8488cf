import { css } from '@emotion/css';
import { Alert, EmptyState, InteractiveTable, Stack, TagList, Text, type Column } from '@grafana/ui';
import { useMemo } from 'react';
import { listRules, type AlertRule } from './api';
import { Shell } from './Shell';
import { useRequest } from './useRequest';

const alignLeft = css({ justifyContent: 'flex-start' });

const columns: Array<Column<AlertRule>> = [
  { id: 'title', header: 'Rule', sortType: 'alphanumeric' },
  { id: 'ruleGroup', header: 'Group', cell: ({ row: { original } }) => `${original.folder} / ${original.ruleGroup}` },
  { id: 'for', header: 'Pending for', cell: ({ row: { original } }) => original.for || '0s' },
  { id: 'interval', header: 'Every' },
  { id: 'noDataState', header: 'No data' },
  { id: 'execErrState', header: 'Error' },
  {
    id: 'labels',
    header: 'Labels',
    cell: ({ row: { original } }) => (
      <TagList
        className={alignLeft}
        tags={Object.entries(original.labels ?? {}).map(([key, value]) => `${key}=${value}`)}
      />
    ),
  },
];

function Annotations({ rule: { annotations } }: { rule: AlertRule }) {
  return (
    <Stack direction="column" gap={1}>
      {Object.entries(annotations ?? {}).map(([key, value]) => (
        <div key={key}>
          <Text weight="medium">{key}</Text>
          <div>{value}</div>
        </div>
      ))}
    </Stack>
  );
}

export function AlertRulesPage() {
  const { value: rules, error } = useRequest('rules', listRules);
  const data = useMemo(() => rules ?? [], [rules]);
  return (
    <Shell crumbs={[{ text: 'Alert rules' }]}>
      <Stack direction="column" gap={2}>
        <Text element="h1">Alert rules</Text>
        <Text color="secondary">The preview lists provisioned alert rules. Only Grafana evaluates them.</Text>
        {error && (
          <Alert severity="error" title="Cannot load the alert rules">
            {error}
          </Alert>
        )}
        {rules?.length === 0 && (
          <EmptyState variant="call-to-action" message="No alert rules are provisioned" hideImage />
        )}
        {data.length > 0 && (
          <InteractiveTable
            columns={columns}
            data={data}
            getRowId={({ uid }) => uid}
            renderExpandedRow={(rule) => <Annotations rule={rule} />}
          />
        )}
      </Stack>
    </Shell>
  );
}
