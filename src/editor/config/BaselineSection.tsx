import { ConfigSection } from '@grafana/plugin-ui';
import { getBackendSrv } from '@grafana/runtime';
import { Alert, Button, Stack } from '@grafana/ui';
import { useState } from 'react';
import { type FalcoSettings } from '../../settings';
import { catalogue } from '../../signals';
import { useLoader } from '../useLoader';
import { type SectionProps, TextField } from './fields';
import { baselineProblem } from './validate';

interface Props extends SectionProps {
  /** The uid of the saved data source, which reports the current values. */
  uid: string;
}

/** The version, rules and configuration that every Falco should run. */
export function BaselineSection({ settings, onChange, disabled, uid }: Props) {
  const { load, failure } = useLoader();
  const [noMajority, setNoMajority] = useState(false);
  const fillIn = async () => {
    const path = `/api/datasources/uid/${uid}/resources/baseline`;
    const request = () =>
      getBackendSrv().get<{ data: FalcoSettings['baseline'] }>(path, undefined, undefined, { showErrorAlert: false });
    const response = await load('the current values', request, undefined);
    if (response === undefined) {
      setNoMajority(false);
      return;
    }
    const found = Object.keys(response.data ?? {}).length > 0;
    setNoMajority(!found);
    if (found) {
      onChange({ baseline: { ...settings.baseline, ...response.data } });
    }
  };
  const problem = noMajority ? 'No value is shared by more than half of the Falcos that are up.' : failure;
  return (
    <ConfigSection
      title="Baseline"
      description="What every Falco should run. The dashboards and alert rules show nodes that differ. Without a baseline, nodes are compared with the majority."
      isCollapsible
      isInitiallyOpen={settings.baseline !== undefined}
    >
      <Stack gap={2} wrap="wrap" alignItems="flex-start">
        {catalogue.baselines.map(({ setting, title, form, formInWords }) => (
          <TextField
            key={setting}
            label={title}
            description={`Expected: ${formInWords}. Separate several values with commas.`}
            placeholder="not pinned"
            value={settings.baseline?.[setting]}
            problem={baselineProblem(title, settings.baseline?.[setting], form, formInWords)}
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
        tooltip="Uses the saved data source. Save your changes first."
        onClick={() => void fillIn()}
      >
        Use current majority values
      </Button>
    </ConfigSection>
  );
}
