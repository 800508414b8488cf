import { ConfigSection } from '@grafana/plugin-ui';
import { Button, Text } from '@grafana/ui';
import { t } from '../../i18n';
import { type TargetSettings } from '../../settings';
import { type SectionProps } from './fields';
import { TargetEditor } from './TargetEditor';

const NEW_TARGET: TargetSettings = { url: '' };

/** The endpoints to scrape. A new data source shows an empty target, which is saved once it has an address. */
export function TargetsSection({ settings, onChange, disabled }: SectionProps) {
  const targets = settings.targets?.length || disabled ? (settings.targets ?? []) : [NEW_TARGET];
  const replace = (index: number, ...changed: TargetSettings[]) =>
    onChange({ targets: [...targets.slice(0, index), ...changed, ...targets.slice(index + 1)] });
  return (
    <ConfigSection
      title={t('config.targets.title', 'Targets')}
      description={t(
        'config.targets.description',
        'The metrics endpoints of Falco, and of Falcosidekick and node_exporter if you run them. A bare host:port means http://host:port/metrics. Paste a list of addresses to add several targets.'
      )}
    >
      {!settings.targets?.length && (
        <p>
          <Text color="secondary">
            {t(
              'config.targets.enable-metrics',
              'Set metrics.enabled and webserver.prometheus_metrics_enabled to true in falco.yaml.'
            )}
          </Text>
        </p>
      )}
      {targets.map((target, index) => (
        <TargetEditor
          key={index}
          number={index + 1}
          target={target}
          onChange={(changed) => replace(index, changed)}
          onPasteAddresses={(urls) => replace(index, ...urls.map((url) => ({ ...target, url })))}
          onRemove={() => replace(index)}
          disabled={disabled}
        />
      ))}
      <Button
        variant="secondary"
        icon="plus"
        type="button"
        onClick={() => onChange({ targets: [...targets, NEW_TARGET] })}
        disabled={disabled}
      >
        {t('config.targets.add', 'Add target')}
      </Button>
    </ConfigSection>
  );
}
