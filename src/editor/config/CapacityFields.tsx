import { ConfigSubSection } from '@grafana/plugin-ui';
import { Stack } from '@grafana/ui';
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
    <ConfigSubSection title="Capacity" isCollapsible isInitiallyOpen={isSet(capacity)}>
      <Stack gap={2} wrap="wrap" alignItems="flex-start">
        <NumberField
          {...common}
          label="Expected instances"
          description={describe('Number of nodes that should run Falco', 'expectedInstances')}
          step={1}
          value={capacity.expectedInstances}
          onChange={(expectedInstances) => onChange({ expectedInstances })}
        />
        <NumberField
          {...common}
          label="Thread table size"
          description={describe('falco_libs.thread_table_size in falco.yaml', 'threadTableSize')}
          placeholder={String(catalogue.targetGauges.find(({ setting }) => setting === 'threadTableSize')?.fallback)}
          min={1}
          step={1}
          value={capacity.threadTableSize}
          onChange={(threadTableSize) => onChange({ threadTableSize })}
        />
        <TextField
          {...common}
          label="Memory limit"
          description={describe('Memory limit of the Falco container', 'memoryLimit')}
          placeholder="none, for example 1Gi"
          value={capacity.memoryLimit}
          problem={capacity.memoryLimit ? memoryProblem(capacity.memoryLimit) : undefined}
          onChange={(memoryLimit) => onChange({ memoryLimit })}
        />
        <TextField
          {...common}
          label="CPU limit"
          description={describe('CPU limit of the Falco container', 'cpuLimit')}
          placeholder="none, for example 500m"
          value={capacity.cpuLimit?.toString()}
          problem={cpuProblem(capacity.cpuLimit ?? '')}
          onChange={(cpuLimit) => onChange({ cpuLimit })}
        />
        <NumberField
          {...common}
          label="Outputs queue capacity"
          description={describe('outputs_queue.capacity in falco.yaml; 0 means unbounded', 'outputsQueueCapacity')}
          placeholder="unknown"
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
  return users.length > 0 ? `${text}. Used by: ${users.join(', ')}.` : `${text}.`;
}
