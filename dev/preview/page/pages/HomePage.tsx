import { Alert, Card, EmptyState, FilterInput, Stack, TagList, Text } from '@grafana/ui';
import { useState } from 'react';
import { listDashboards, type DashboardHit } from './api';
import { Shell } from './Shell';
import { useRequest } from './useRequest';

export function HomePage() {
  const { value: hits, error } = useRequest('dashboards', listDashboards);
  const [wanted, setWanted] = useState('');
  const shown = (hits ?? []).filter(({ title }) => title.toLowerCase().includes(wanted.toLowerCase()));
  const folders = [...new Set(shown.map(({ folderTitle }) => folderTitle))];
  return (
    <Shell crumbs={[{ text: 'Dashboards' }]}>
      <Stack direction="column" gap={2}>
        <Text element="h1">Dashboards</Text>
        {error && (
          <Alert severity="error" title="Cannot load the dashboards">
            {error}
          </Alert>
        )}
        {hits?.length === 0 && (
          <EmptyState variant="call-to-action" message="No dashboards are provisioned" hideImage>
            Add a provider to dashboards/*.yaml in the provisioning folder.
          </EmptyState>
        )}
        {hits && hits.length > 5 && <FilterInput placeholder="Search dashboards" value={wanted} onChange={setWanted} />}
        {folders.map((folder) => (
          <Stack key={folder} direction="column" gap={1}>
            {folder && (
              <Text element="h2" variant="h5" color="secondary">
                {folder}
              </Text>
            )}
            <div>
              {shown
                .filter(({ folderTitle }) => folderTitle === folder)
                .map((hit) => (
                  <DashboardCard key={hit.uid} hit={hit} />
                ))}
            </div>
          </Stack>
        ))}
      </Stack>
    </Shell>
  );
}

function DashboardCard({ hit: { title, description, url, tags } }: { hit: DashboardHit }) {
  return (
    <Card href={url} isCompact>
      <Card.Heading>{title}</Card.Heading>
      {description && <Card.Description>{description}</Card.Description>}
      <Card.Tags>
        <TagList tags={tags} />
      </Card.Tags>
    </Card>
  );
}
