import { type DataSourcePluginOptionsEditorProps } from '@grafana/data';
import { DataSourceDescription } from '@grafana/plugin-ui';
import { Divider } from '@grafana/ui';
import { type FalcoSecrets, type FalcoSettings } from '../../settings';
import { BaselineSection } from './BaselineSection';
import { ConnectionSection } from './ConnectionSection';
import { type SectionProps } from './fields';
import { HistorySection } from './HistorySection';
import { LimitsSection } from './LimitsSection';
import { LiveSection } from './LiveSection';
import { ModeSection } from './ModeSection';
import { MovingSection } from './MovingSection';
import { ScrapeSection } from './ScrapeSection';
import { StoreSection } from './StoreSection';
import { TargetsSection } from './TargetsSection';

const DOCUMENTATION = 'https://github.com/falco-metrics/falco-metrics-datasource/tree/main/docs';

/** The data source's page under Connections. That a provisioned source can only be read, Grafana says above it. */
export function ConfigEditor({
  options,
  onOptionsChange,
}: DataSourcePluginOptionsEditorProps<FalcoSettings, FalcoSecrets>) {
  const section: SectionProps = {
    settings: options.jsonData,
    onChange: (change) => onOptionsChange({ ...options, jsonData: { ...options.jsonData, ...change } }),
    disabled: options.readOnly === true,
  };
  const store = options.jsonData.mode === 'prometheus';
  return (
    <>
      <DataSourceDescription dataSourceName="Falco Metrics" docsLink={DOCUMENTATION} hasRequiredFields />
      <Divider />
      <ModeSection {...section} />
      <Divider />
      {store ? (
        <StoreSection {...section} />
      ) : (
        <>
          <TargetsSection {...section} />
          <Divider />
          <ScrapeSection {...section} />
          <Divider />
          <HistorySection {...section} />
          <Divider />
          <LiveSection {...section} />
        </>
      )}
      <Divider />
      <BaselineSection {...section} uid={options.uid} />
      <Divider />
      <ConnectionSection options={options} onOptionsChange={onOptionsChange} />
      <Divider />
      <LimitsSection {...section} />
      <Divider />
      <MovingSection uid={options.uid} targets={(options.jsonData.targets ?? []).length > 0} />
    </>
  );
}
