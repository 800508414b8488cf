import { css } from '@emotion/css';
import { type GrafanaTheme2 } from '@grafana/data';
import { ConfigSection } from '@grafana/plugin-ui';
import { getBackendSrv } from '@grafana/runtime';
import { Alert, Button, ClipboardButton, Stack, Text, useStyles2 } from '@grafana/ui';
import { useState } from 'react';
import { MANIFESTS } from './manifests';
import { messageOf } from './message';

/** What the backend exports, by the format's name in its resource. */
const EXPORTS = [
  { format: 'prometheus', label: 'Prometheus scrape configuration' },
  { format: 'servicemonitor', label: 'ServiceMonitor' },
  { format: 'datasource', label: 'This data source over the store' },
];

interface Shown {
  title: string;
  text?: string;
  problem?: string;
}

interface Props {
  uid: string;
  /** Whether there are any to export: also those kept from before a store was chosen. */
  targets: boolean;
}

/** Ready YAML: for Falco in Kubernetes, and for those whose fleet is moving to a Prometheus. */
export function MovingSection({ uid, targets }: Props) {
  const styles = useStyles2(getStyles);
  const [shown, setShown] = useState<Shown>();
  const fetchExport = async (format: string, title: string) => {
    try {
      const path = `/api/datasources/uid/${uid}/resources/export`;
      const { data } = await getBackendSrv().get<{ data: string }>(path, { format }, undefined, {
        showErrorAlert: false,
      });
      setShown({ title, text: data });
    } catch (error) {
      setShown({ title, problem: messageOf(error) });
    }
  };
  return (
    <ConfigSection
      title="Ready YAML"
      description="To set Falco up in Kubernetes, and to let a Prometheus scrape the targets as they are saved (docs/scaling-out.md)."
      isCollapsible
      isInitiallyOpen={false}
    >
      <Stack direction="column" gap={2}>
        <Stack gap={1} wrap="wrap">
          {MANIFESTS.map(({ title, text }) => (
            <Button key={title} variant="secondary" type="button" onClick={() => setShown({ title, text })}>
              {title}
            </Button>
          ))}
          {(targets ? EXPORTS : []).map(({ format, label }) => (
            <Button
              key={format}
              variant="secondary"
              icon="file-export"
              type="button"
              onClick={() => void fetchExport(format, label)}
            >
              {label}
            </Button>
          ))}
        </Stack>
        {shown?.problem !== undefined && <Alert severity="warning" title={shown.problem} />}
        {shown?.text !== undefined && (
          <div role="region" aria-label={shown.title}>
            <Stack justifyContent="space-between" alignItems="center">
              <Text element="h6">{shown.title}</Text>
              <ClipboardButton variant="secondary" size="sm" icon="copy" type="button" getText={() => shown.text ?? ''}>
                Copy
              </ClipboardButton>
            </Stack>
            <pre className={styles.text} tabIndex={0}>
              {shown.text}
            </pre>
          </div>
        )}
      </Stack>
    </ConfigSection>
  );
}

const getStyles = (theme: GrafanaTheme2) => ({
  text: css({
    margin: theme.spacing(1, 0, 0),
    maxHeight: theme.spacing(60),
    overflow: 'auto',
    fontSize: theme.typography.bodySmall.fontSize,
  }),
});
