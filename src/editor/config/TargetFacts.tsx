import { ConfigSubSection } from '@grafana/plugin-ui';
import { Stack } from '@grafana/ui';
import { type TargetFacts as Facts } from '../../settings';
import { catalogue } from '../../signals';
import { type Catalogue } from '../../signals/types';
import { NumberField, TextField } from './fields';
import { memoryProblem } from './validate';

type Setting = Catalogue['targetGauges'][number]['setting'];

interface Props {
  /** An entry of the targets, or the store. */
  target: Facts;
  onChange: (change: Facts) => void;
  disabled: boolean;
}

/** What Falco does not tell, and figures are held against. */
export function TargetFacts({ target, onChange, disabled }: Props) {
  // Wide enough for the descriptions, so that the fields stand in columns.
  const common = { disabled, width: 52 };
  return (
    <ConfigSubSection title="Limits and sizes" isCollapsible isInitiallyOpen={isSet(target)}>
      <Stack gap={2} wrap="wrap" alignItems="flex-start">
        <NumberField
          {...common}
          label="Expected instances"
          description={help('How many nodes should have one', 'expectedInstances')}
          step={1}
          value={target.expectedInstances}
          onChange={(expected) => onChange({ expectedInstances: expected })}
        />
        <NumberField
          {...common}
          label="Thread table size"
          description={help('falco_libs.thread_table_size', 'threadTableSize')}
          placeholder={String(catalogue.targetGauges.find(({ setting }) => setting === 'threadTableSize')?.fallback)}
          min={1}
          step={1}
          value={target.threadTableSize}
          onChange={(threadTableSize) => onChange({ threadTableSize })}
        />
        <TextField
          {...common}
          label="Memory limit"
          description={help('Of Falco’s container', 'memoryLimit')}
          placeholder="none, e.g. 1Gi"
          value={target.memoryLimit}
          problem={target.memoryLimit ? memoryProblem(target.memoryLimit) : undefined}
          onChange={(memoryLimit) => onChange({ memoryLimit })}
        />
        <NumberField
          {...common}
          label="CPU limit"
          description={help('Of Falco’s container, in CPUs', 'cpuLimit')}
          placeholder="none, e.g. 0.5"
          step={0.1}
          value={target.cpuLimit}
          onChange={(cpuLimit) => onChange({ cpuLimit })}
        />
        <NumberField
          {...common}
          label="Outputs queue capacity"
          description={help('outputs_queue.capacity of Falco', 'outputsQueueCapacity')}
          placeholder="not known; 0, as shipped: no bound"
          min={0}
          step={1}
          value={target.outputsQueueCapacity}
          onChange={(outputsQueueCapacity) => onChange({ outputsQueueCapacity })}
        />
      </Stack>
    </ConfigSubSection>
  );
}

function isSet(target: Facts): boolean {
  return catalogue.targetGauges.some(({ setting }) => target[setting] !== undefined);
}

/** What a setting is, and the figures that use it: those whose expression names the gauge that it becomes. */
function help(what: string, setting: Setting): string {
  const metric = catalogue.targetGauges.find((gauge) => gauge.setting === setting)?.metric;
  const users = catalogue.signals.filter(({ expr }) => metric && expr.includes(metric)).map(({ title }) => title);
  return users.length > 0 ? `${what}. Used by: ${users.join(', ')}.` : `${what}.`;
}
