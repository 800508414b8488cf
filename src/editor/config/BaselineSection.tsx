import { ConfigSection } from '@grafana/plugin-ui';
import { getBackendSrv } from '@grafana/runtime';
import { Alert, Button, Stack } from '@grafana/ui';
import { useState } from 'react';
import { type FalcoSettings } from '../../settings';
import { catalogue } from '../../signals';
import { type SectionProps, TextField } from './fields';
import { messageOf } from './message';
import { baselineProblem } from './validate';

interface Props extends SectionProps {
  /** Of the saved data source; it answers what its Falcos have. */
  uid: string;
}

/** What all Falcos are expected to have. */
export function BaselineSection({ settings, onChange, disabled, uid }: Props) {
  const [problem, setProblem] = useState<string>();
  const take = async () => {
    try {
      const path = `/api/datasources/uid/${uid}/resources/baseline`;
      const { data } = await getBackendSrv().get<{ data: FalcoSettings['baseline'] }>(path);
      const found = Object.keys(data ?? {}).length > 0;
      setProblem(found ? undefined : 'No value is shared by more than half of the Falcos that answer now.');
      if (found) {
        onChange({ baseline: { ...settings.baseline, ...data } });
      }
    } catch (error) {
      setProblem(messageOf(error));
    }
  };
  return (
    <ConfigSection
      title="Baseline"
      description="What every Falco should run. Nodes that differ are marked and alerted on; without a baseline they are held against the majority."
      isCollapsible
      isInitiallyOpen={settings.baseline !== undefined}
    >
      <Stack gap={2} wrap="wrap" alignItems="flex-start">
        {catalogue.baselines.map(({ setting, title, form, formInWords }) => (
          <TextField
            key={setting}
            label={title}
            description={`As ${formInWords.replace(/^a /, '')}; several separated by commas`}
            placeholder="not pinned"
            value={settings.baseline?.[setting]}
            problem={baselineProblem(settings.baseline?.[setting], form, formInWords)}
            onChange={(value) => onChange({ baseline: { ...settings.baseline, [setting]: value } })}
            disabled={disabled}
            width={52}
          />
        ))}
      </Stack>
      {problem !== undefined && <Alert severity="warning" title={problem} />}
      <Button
        variant="secondary"
        type="button"
        disabled={disabled}
        tooltip="Asks the data source as it is saved; save and test it first."
        onClick={take}
      >
        Take what most Falcos have now
      </Button>
    </ConfigSection>
  );
}
