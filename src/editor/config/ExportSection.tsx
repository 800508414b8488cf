import { ConfigSection } from '@grafana/plugin-ui';
import { getBackendSrv } from '@grafana/runtime';
import { Alert, Button, Stack } from '@grafana/ui';
import { useState } from 'react';
import { useLoader } from '../useLoader';
import { MANIFESTS } from './manifests';
import { TextToCopy } from './TextToCopy';

/** The formats of the backend's export resource. */
const EXPORTS = [
  { format: 'prometheus', label: 'Prometheus scrape configuration' },
  { format: 'servicemonitor', label: 'ServiceMonitor' },
  { format: 'datasource', label: 'This data source in Prometheus mode' },
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
    const response = await load(`“${title}”`, request, undefined);
    setShown(response && { title, text: response.data });
  };
  return (
    <ConfigSection
      title="Manifests and export"
      description="YAML to set up Falco in Kubernetes, and to let Prometheus scrape the saved targets. See docs/scaling-out.md."
      isCollapsible
      isInitiallyOpen={false}
    >
      <Stack direction="column" gap={2}>
        <Stack gap={1} wrap="wrap">
          {MANIFESTS.map(({ title, about, text }) => (
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
          {(hasTargets ? EXPORTS : []).map(({ format, label }) => (
            <Button
              key={format}
              variant="secondary"
              icon="file-export"
              type="button"
              onClick={() => void showExport(format, label)}
            >
              {label}
            </Button>
          ))}
        </Stack>
        {failure !== undefined && <Alert severity="warning" title={failure} />}
        {shown !== undefined && <TextToCopy {...shown} />}
      </Stack>
    </ConfigSection>
  );
}
