import { ConfigSection } from '@grafana/plugin-ui';
import { Button, Text } from '@grafana/ui';
import { type SectionProps } from './fields';
import { TargetEditor } from './TargetEditor';

/** The endpoints to scrape. */
export function TargetsSection({ settings, onChange, disabled }: SectionProps) {
  const targets = settings.targets ?? [];
  return (
    <ConfigSection
      title="Targets"
      description="The metrics endpoints of Falco, and of Falcosidekick if you run it. A bare host:port means http://host:port/metrics."
    >
      {targets.length === 0 && (
        <p>
          <Text color="secondary">
            No targets yet. Set metrics.enabled and webserver.prometheus_metrics_enabled to true in falco.yaml.
          </Text>
        </p>
      )}
      {targets.map((target, index) => (
        <TargetEditor
          key={index}
          number={index + 1}
          target={target}
          onChange={(changed) => onChange({ targets: targets.map((other, i) => (i === index ? changed : other)) })}
          onRemove={() => onChange({ targets: targets.filter((_, i) => i !== index) })}
          disabled={disabled}
        />
      ))}
      <Button
        variant="secondary"
        icon="plus"
        type="button"
        onClick={() => onChange({ targets: [...targets, { url: '' }] })}
        disabled={disabled}
      >
        Add target
      </Button>
    </ConfigSection>
  );
}
