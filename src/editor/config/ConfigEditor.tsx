import { type DataSourcePluginOptionsEditorProps } from '@grafana/data';
import { DataSourceDescription } from '@grafana/plugin-ui';
import { Divider, Text } from '@grafana/ui';
import { t } from '../../i18n';
import { type FalcoSecrets, type FalcoSettings } from '../../settings';
import { BaselineSection } from './BaselineSection';
import { ConnectionSection } from './ConnectionSection';
import { type SectionProps } from './fields';
import { ImpactSection } from './ImpactSection';
import { RetentionSection } from './RetentionSection';
import { LimitsSection } from './LimitsSection';
import { LiveSection } from './LiveSection';
import { ModeSection } from './ModeSection';
import { ExportSection } from './ExportSection';
import { ReceiverSection } from './ReceiverSection';
import { ScrapeSection } from './ScrapeSection';
import { PrometheusSection } from './PrometheusSection';
import { TargetsSection } from './TargetsSection';

const DOCUMENTATION = 'https://github.com/falco-metrics/falco-metrics-datasource/tree/main/docs';

/** The settings page of the data source. Grafana shows above it when a provisioned data source is read-only. */
export function ConfigEditor({
  options,
  onOptionsChange,
}: DataSourcePluginOptionsEditorProps<FalcoSettings, FalcoSecrets>) {
  const section: SectionProps = {
    settings: options.jsonData,
    onChange: (change) => onOptionsChange({ ...options, jsonData: { ...options.jsonData, ...change } }),
    disabled: options.readOnly === true,
  };

  return (
    <>
      <DataSourceDescription dataSourceName="Falco Metrics" docsLink={DOCUMENTATION} hasRequiredFields />
      {section.disabled && (
        <Text element="p" color="secondary">
          {t(
            'config.dashboards',
            'The Dashboards tab also lists dashboards that are already provisioned. Importing one of these fails. Open it from Dashboards in the menu.'
          )}
        </Text>
      )}
      <Divider />
      <ModeSection {...section} />
      <Divider />
      {options.jsonData.mode === 'prometheus' ? (
        <PrometheusSection {...section} />
      ) : (
        <>
          <TargetsSection {...section} />
          <Divider />
          <ScrapeSection {...section} />
          <Divider />
          <RetentionSection {...section} />
          <Divider />
          <LiveSection {...section} />
        </>
      )}
      <Divider />
      <BaselineSection {...section} uid={options.uid} />
      <Divider />
      <ImpactSection {...section} />
      <Divider />
      <ReceiverSection options={options} onOptionsChange={onOptionsChange} />
      <Divider />
      <ConnectionSection options={options} onOptionsChange={onOptionsChange} />
      <Divider />
      <LimitsSection {...section} />
      <Divider />
      <ExportSection uid={options.uid} hasTargets={(options.jsonData.targets ?? []).length > 0} />
    </>
  );
}
