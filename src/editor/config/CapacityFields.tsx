import { ConfigSubSection } from '@grafana/plugin-ui';
import { Stack } from '@grafana/ui';
import { t } from '../../i18n';
import { type TargetCapacity } from '../../settings';
import { catalogue } from '../../signals';
import { type Catalogue } from '../../signals/types';
import { NumberField, TextField } from './fields';
import { cpuProblem, memoryProblem } from './validate';

type Setting = Catalogue['targetGauges'][number]['setting'];

interface Props {
  /** The capacity of a target, or of all instances in Prometheus mode. */
  capacity: TargetCapacity;
  onChange: (change: TargetCapacity) => void;
  disabled: boolean;
}

/** Limits and sizes that Falco does not export. */
export function CapacityFields({ capacity, onChange, disabled }: Props) {
  // Wide enough for the descriptions, so that the fields line up in columns.
  const common = { disabled, width: 52 };
  return (
    <ConfigSubSection title={t('config.capacity.title', 'Capacity')} isCollapsible isInitiallyOpen={isSet(capacity)}>
      <Stack gap={2} wrap="wrap" alignItems="flex-start">
        <NumberField
          {...common}
          label={t('config.capacity.instances', 'Expected instances')}
          description={describe(
            t('config.capacity.instances-help', 'Number of nodes that should run Falco'),
            'expectedInstances'
          )}
          step={1}
          value={capacity.expectedInstances}
          onChange={(expectedInstances) => onChange({ expectedInstances })}
        />
        <NumberField
          {...common}
          label={t('config.capacity.thread-table', 'Thread table size')}
          description={describe(
            t('config.capacity.thread-table-help', 'falco_libs.thread_table_size in falco.yaml'),
            'threadTableSize'
          )}
          placeholder={String(catalogue.targetGauges.find(({ setting }) => setting === 'threadTableSize')?.fallback)}
          min={1}
          step={1}
          value={capacity.threadTableSize}
          onChange={(threadTableSize) => onChange({ threadTableSize })}
        />
        <TextField
          {...common}
          label={t('config.capacity.memory', 'Memory limit')}
          description={describe(t('config.capacity.memory-help', 'Memory limit of the Falco container'), 'memoryLimit')}
          placeholder={t('config.none-example', 'none, for example {{example}}', { example: '1Gi' })}
          value={capacity.memoryLimit}
          problem={capacity.memoryLimit ? memoryProblem(capacity.memoryLimit) : undefined}
          onChange={(memoryLimit) => onChange({ memoryLimit })}
        />
        <TextField
          {...common}
          label={t('config.capacity.cpu', 'CPU limit')}
          description={describe(t('config.capacity.cpu-help', 'CPU limit of the Falco container'), 'cpuLimit')}
          placeholder={t('config.none-example', 'none, for example {{example}}', { example: '500m' })}
          value={capacity.cpuLimit?.toString()}
          problem={cpuProblem(capacity.cpuLimit ?? '')}
          onChange={(cpuLimit) => onChange({ cpuLimit })}
        />
        <NumberField
          {...common}
          label={t('config.capacity.queue', 'Outputs queue capacity')}
          description={describe(
            t('config.capacity.queue-help', 'outputs_queue.capacity in falco.yaml; 0 means unbounded'),
            'outputsQueueCapacity'
          )}
          placeholder={t('config.capacity.unknown', 'unknown')}
          min={0}
          step={1}
          value={capacity.outputsQueueCapacity}
          onChange={(outputsQueueCapacity) => onChange({ outputsQueueCapacity })}
        />
      </Stack>
    </ConfigSubSection>
  );
}

function isSet(capacity: TargetCapacity): boolean {
  return catalogue.targetGauges.some(({ setting }) => capacity[setting] !== undefined);
}

/** Describes a setting and lists the signals that use it: those whose expression contains the gauge of the setting. */
function describe(text: string, setting: Setting): string {
  const metric = catalogue.targetGauges.find((gauge) => gauge.setting === setting)?.metric;
  const users = catalogue.signals.filter(({ expr }) => metric && expr.includes(metric)).map(({ title }) => title);
  return users.length > 0
    ? t('config.capacity.used-by', '{{text}}. Used by: {{signals}}.', { text, signals: users.join(', ') })
    : `${text}.`;
}
