import { ConfigSection } from '@grafana/plugin-ui';
import { getBackendSrv } from '@grafana/runtime';
import { Alert, Button, Stack } from '@grafana/ui';
import { useState } from 'react';
import { useLoader } from '../useLoader';
import { t, verbatim } from '../../i18n';
import { listManifests } from './manifestTexts';
import { TextToCopy } from './TextToCopy';

/** The formats of the backend's export resource. */
const listExports = () => [
  { format: 'prometheus', title: t('config.export.prometheus', 'Prometheus scrape configuration') },
  { format: 'servicemonitor', title: verbatim('ServiceMonitor') },
  { format: 'datasource', title: t('config.export.datasource', 'This data source in Prometheus mode') },
];

interface Props {
  uid: string;
  /** Whether targets are configured. They are kept, and can be exported, in Prometheus mode too. */
  hasTargets: boolean;
}

/** YAML to set up Falco in Kubernetes and to move to Prometheus. */
export function ExportSection({ uid, hasTargets }: Props) {
  const { load, failure } = useLoader();
  const [shown, setShown] = useState<{ title: string; text: string }>();
  const showExport = async (format: string, title: string) => {
    const path = `/api/datasources/uid/${uid}/resources/export`;
    const request = () => getBackendSrv().get<{ data: string }>(path, { format }, undefined, { showErrorAlert: false });
    const response = await load(t('config.export.quoted', '“{{title}}”', { title }), request, undefined);
    setShown(response && { title, text: response.data });
  };
  return (
    <ConfigSection
      title={t('config.export.title', 'Manifests and export')}
      description={t(
        'config.export.description',
        'YAML to set up Falco in Kubernetes, and to let Prometheus scrape the saved targets. See docs/scaling-out.md.'
      )}
      isCollapsible
      isInitiallyOpen={false}
    >
      <Stack direction="column" gap={2}>
        <Stack gap={1} wrap="wrap">
          {listManifests().map(({ title, about, text }) => (
            <Button
              key={title}
              variant="secondary"
              type="button"
              tooltip={about}
              onClick={() => setShown({ title, text })}
            >
              {title}
            </Button>
          ))}
          {(hasTargets ? listExports() : []).map(({ format, title }) => (
            <Button
              key={format}
              variant="secondary"
              icon="file-export"
              type="button"
              onClick={() => void showExport(format, title)}
            >
              {title}
            </Button>
          ))}
        </Stack>
        {failure !== undefined && <Alert severity="warning" title={failure} />}
        {shown !== undefined && <TextToCopy {...shown} />}
      </Stack>
    </ConfigSection>
  );
}
