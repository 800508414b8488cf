import { DataSourcePluginContextProvider, type DataSourceApi, type DataSourceSettings } from '@grafana/data';
import { getDataSourceSrv, HealthCheckError } from '@grafana/runtime';
import { Alert, Button, Field, Input, LinkButton, LoadingPlaceholder, Stack, Text } from '@grafana/ui';
import { useState } from 'react';
import { useParams } from 'react-router-dom';
import { type DataSources } from '../runtime/dataSources';
import { getSource, saveSource } from './api';
import { NotFound } from './NotFound';
import { Shell } from './Shell';
import { errorMessage, useRequest } from './useRequest';

async function load(uid: string): Promise<{ settings: DataSourceSettings; source: DataSourceApi }> {
  const [settings, source] = await Promise.all([getSource(uid), getDataSourceSrv().get(uid)]);
  return { settings, source };
}

export function DataSourcePage() {
  const { uid = '' } = useParams();
  const { value, error } = useRequest(uid, () => load(uid));
  if (error) {
    return <NotFound what="Data source" reason={error} />;
  }
  return (
    <Shell crumbs={[{ text: 'Data sources', href: '/connections/datasources' }, { text: value?.settings.name ?? '…' }]}>
      {value ? (
        <Editor key={uid} initial={value.settings} source={value.source} />
      ) : (
        <LoadingPlaceholder text="Loading..." />
      )}
    </Shell>
  );
}

interface Outcome {
  severity: 'success' | 'warning' | 'error';
  message: string;
  details?: { message?: string; verboseMessage?: string };
}

function Editor({ initial, source }: { initial: DataSourceSettings; source: DataSourceApi }) {
  const [settings, setSettings] = useState(initial);
  const [outcome, setOutcome] = useState<Outcome>();
  const [busy, setBusy] = useState(false);
  const { readOnly, uid, name } = settings;
  const ConfigEditor = source.components?.ConfigEditor;
  const instance = getDataSourceSrv().getInstanceSettings(uid)!;

  async function saveAndTest() {
    setBusy(true);
    setOutcome(undefined);
    try {
      if (!readOnly) {
        const { datasource } = await saveSource(settings);
        setSettings(datasource);
        (getDataSourceSrv() as DataSources).replace(datasource);
      }
      setOutcome(await test(uid));
    } catch (error) {
      setOutcome({ severity: 'error', message: errorMessage(error) });
    } finally {
      setBusy(false);
    }
  }

  return (
    <Stack direction="column" gap={2}>
      <Stack alignItems="center" gap={2}>
        <img src={instance.meta.info.logos.small} alt="" width={32} height={32} />
        <Text element="h1">{name}</Text>
        <LinkButton icon="compass" variant="secondary" href={`/explore?ds=${uid}`}>
          Explore
        </LinkButton>
      </Stack>
      {readOnly && (
        <Alert severity="info" title="Provisioned data source">
          This data source was provisioned by a file and cannot be changed here. Set editable: true in the file to edit
          it.
        </Alert>
      )}
      <Field label="Name" noMargin>
        <Input
          id="name"
          width={60}
          value={name}
          disabled={readOnly}
          onChange={({ currentTarget }) => setSettings({ ...settings, name: currentTarget.value })}
        />
      </Field>
      {ConfigEditor ? (
        <DataSourcePluginContextProvider instanceSettings={instance}>
          <div>
            <ConfigEditor options={settings} onOptionsChange={setSettings} />
          </div>
        </DataSourcePluginContextProvider>
      ) : (
        <Alert severity="info" title="The plugin has no config editor" />
      )}
      {outcome && (
        <Alert severity={outcome.severity} title={outcome.message} data-testid="health" bottomSpacing={0}>
          {outcome.details?.message}
          {outcome.details?.verboseMessage && (
            <details style={{ whiteSpace: 'pre-wrap' }}>{outcome.details.verboseMessage}</details>
          )}
        </Alert>
      )}
      <div>
        <Button onClick={() => void saveAndTest()} disabled={busy} icon={busy ? 'spinner' : undefined}>
          {readOnly ? 'Test' : 'Save & test'}
        </Button>
      </div>
    </Stack>
  );
}

/** Tests the data source through the plugin's front end, like Grafana. */
async function test(uid: string): Promise<Outcome> {
  const source = await getDataSourceSrv().get(uid);
  try {
    const { status, message, details } = await source.testDatasource();
    return { severity: status === 'warning' ? 'warning' : 'success', message, details };
  } catch (error) {
    const cause = (error as { error?: unknown }).error ?? error;
    const details = cause instanceof HealthCheckError ? cause.details : undefined;
    return { severity: 'error', message: errorMessage(cause), details };
  }
}
