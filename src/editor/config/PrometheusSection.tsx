import { ConfigSection } from '@grafana/plugin-ui';
import { Combobox, Divider, Field, Stack } from '@grafana/ui';
import { useId, useState } from 'react';
import { t, verbatim } from '../../i18n';
import { DEFAULTS, type PrometheusSettings } from '../../settings';
import { CapacityFields } from './CapacityFields';
import { type SectionProps, TextField } from './fields';
import { IdentityField } from './IdentityField';
import { intervalProblem, parametersProblem, withoutSecrets } from './validate';
import { labelProblem, matchersProblem, serverUrlProblem } from './validatePrometheus';

/** The Prometheus-compatible server, and which of its series belong to Falco. */
export function PrometheusSection({ settings, onChange, disabled }: SectionProps) {
  const id = useId();
  const prometheus = settings.prometheus ?? {};
  const set = (change: Partial<PrometheusSettings>) => onChange({ prometheus: { ...prometheus, ...change } });
  // Secrets are removed while typing, because everything in the settings is saved.
  const [refused, setRefused] = useState<string>();
  // As for targets: the address of a new data source is not invalid before the user has typed something.
  const [isTyped, setTyped] = useState(prometheus.url !== undefined);
  const setUrl = (typed = '') => {
    setTyped(true);
    const url = withoutSecrets(typed);
    setRefused(url === typed ? undefined : serverUrlProblem(typed));
    set({ url: url === '' ? undefined : url });
  };
  const common = { disabled, width: 50 };
  return (
    <>
      <ConfigSection
        title={t('config.prometheus.title', 'Prometheus server')}
        description={t(
          'config.prometheus.description',
          'The URL is the part before /api/v1. For Mimir it ends with /prometheus, for a VictoriaMetrics cluster with /select/<account>/prometheus.'
        )}
      >
        <Stack gap={2} wrap="wrap" alignItems="flex-start">
          <TextField
            {...common}
            label={t('config.prometheus.url', 'Server URL')}
            placeholder={verbatim('http://prometheus:9090')}
            value={prometheus.url}
            problem={refused ?? (isTyped ? serverUrlProblem(prometheus.url) : undefined)}
            onChange={setUrl}
            required
          />
          <Field label={t('config.prometheus.method', 'HTTP method')} disabled={disabled}>
            <Combobox
              id={id}
              options={[{ value: 'POST' as const }, { value: 'GET' as const }]}
              value={prometheus.method ?? DEFAULTS.prometheus.method}
              onChange={({ value }) => set({ method: value })}
              width={20}
            />
          </Field>
        </Stack>
        <Stack gap={2} wrap="wrap" alignItems="flex-start">
          <TextField
            {...common}
            label={t('config.prometheus.tenant', 'Tenant')}
            description={t(
              'config.prometheus.tenant-help',
              'Sent as a header. It is not a secret: every viewer can read it.'
            )}
            placeholder={t('config.none', 'none')}
            value={prometheus.tenant}
            onChange={(tenant) => set({ tenant })}
          />
          <TextField
            {...common}
            label={t('config.prometheus.tenant-header', 'Tenant header')}
            description={t('config.prometheus.tenant-header-help', 'The header that the server or its gateway expects')}
            placeholder={DEFAULTS.prometheus.tenantHeader}
            value={prometheus.tenantHeader}
            onChange={(tenantHeader) => set({ tenantHeader })}
          />
          <TextField
            {...common}
            label={t('config.prometheus.parameters', 'Query parameters')}
            description={t('config.prometheus.parameters-help', 'Added to every request')}
            placeholder={t('config.none-example', 'none, for example {{example}}', { example: 'dedup=true' })}
            value={prometheus.parameters}
            problem={parametersProblem(prometheus.parameters ?? '')}
            onChange={(parameters) => set({ parameters })}
          />
        </Stack>
      </ConfigSection>
      <Divider />
      <ConfigSection
        title={t('config.prometheus.series', 'Falco series')}
        description={t(
          'config.prometheus.series-help',
          'Which series belong to Falco, and which labels identify an instance. Save & test lists the jobs and suggests better values.'
        )}
      >
        <Stack gap={2} wrap="wrap" alignItems="flex-start">
          <TextField
            {...common}
            label={t('config.prometheus.matchers', 'Matchers')}
            description={t(
              'config.prometheus.matchers-help',
              'Added to every selector, including those in PromQL queries'
            )}
            placeholder={t('config.none-example', 'none, for example {{example}}', { example: 'job="falco"' })}
            value={prometheus.matchers}
            problem={matchersProblem(prometheus.matchers ?? '')}
            onChange={(matchers) => set({ matchers })}
          />
          <IdentityField
            identityLabels={prometheus.identityLabels}
            onChange={(identityLabels) => set({ identityLabels })}
            disabled={disabled}
          />
          <TextField
            {...common}
            label={t('config.prometheus.node-exporter-label', 'node_exporter label')}
            description={t(
              'config.prometheus.node-exporter-label-help',
              'Label that the series of node_exporter and Falco have in common'
            )}
            placeholder={(prometheus.identityLabels ?? DEFAULTS.prometheus.identityLabels).at(-1)}
            value={prometheus.nodeExporterLabel}
            problem={labelProblem(prometheus.nodeExporterLabel ?? '')}
            onChange={(nodeExporterLabel) => set({ nodeExporterLabel })}
          />
          <TextField
            {...common}
            label={t('config.scrape.interval', 'Scrape interval')}
            description={t(
              'config.prometheus.interval-help',
              'How often the server scrapes Falco. Rate windows depend on it.'
            )}
            placeholder={DEFAULTS.scrapeInterval}
            value={settings.scrapeInterval}
            problem={settings.scrapeInterval ? intervalProblem(settings.scrapeInterval) : undefined}
            onChange={(scrapeInterval) => onChange({ scrapeInterval })}
          />
        </Stack>
        <CapacityFields capacity={prometheus} onChange={set} disabled={disabled} />
      </ConfigSection>
    </>
  );
}
