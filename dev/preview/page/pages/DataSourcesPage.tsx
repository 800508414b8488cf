import { Card, EmptyState, LinkButton, Stack, Tag, Text } from '@grafana/ui';
import { getDataSourceSrv } from '@grafana/runtime';
import { Shell } from './Shell';

export function DataSourcesPage() {
  const sources = getDataSourceSrv().getList();
  return (
    <Shell crumbs={[{ text: 'Data sources' }]}>
      <Stack direction="column" gap={2}>
        <Text element="h1">Data sources</Text>
        {sources.length === 0 && (
          <EmptyState variant="call-to-action" message="No data sources of this plugin are provisioned" hideImage>
            Add one to datasources/*.yaml in the provisioning folder.
          </EmptyState>
        )}
        <div>
          {sources.map(({ uid, name, meta, isDefault }) => (
            <Card key={uid} href={`/connections/datasources/edit/${uid}`}>
              <Card.Heading>{name}</Card.Heading>
              <Card.Figure>
                <img src={meta.info.logos.small} alt="" width={40} height={40} />
              </Card.Figure>
              <Card.Meta>{[meta.name, isDefault && <Tag key="default" name="default" colorIndex={1} />]}</Card.Meta>
              <Card.Tags>
                <LinkButton icon="compass" variant="secondary" fill="outline" href={`/explore?ds=${uid}`}>
                  Explore
                </LinkButton>
              </Card.Tags>
            </Card>
          ))}
        </div>
      </Stack>
    </Shell>
  );
}
