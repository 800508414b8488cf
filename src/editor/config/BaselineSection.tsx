import { ConfigSection } from '@grafana/plugin-ui';
import { getBackendSrv } from '@grafana/runtime';
import { Alert, Button, Stack } from '@grafana/ui';
import { useState } from 'react';
import { t } from '../../i18n';
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
    const response = await load(t('config.baseline.current-values', 'the current values'), request, undefined);
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
  const problem = noMajority
    ? t('config.baseline.no-majority', 'No value is shared by more than half of the Falcos that are up.')
    : failure;
  return (
    <ConfigSection
      title={t('config.baseline.title', 'Baseline')}
      description={t(
        'config.baseline.description',
        'What every Falco should run. The dashboards and alert rules show nodes that differ. Without a baseline, nodes are compared with the majority.'
      )}
      isCollapsible
      isInitiallyOpen={settings.baseline !== undefined}
    >
      <Stack gap={2} wrap="wrap" alignItems="flex-start">
        {catalogue.baselines.map(({ setting, title, form, formInWords }) => (
          <TextField
            key={setting}
            label={title}
            description={t('config.baseline.expected', 'Expected: {{form}}. Separate several values with commas.', {
              form: formInWords,
            })}
            placeholder={t('config.baseline.not-pinned', 'not pinned')}
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
        tooltip={t('config.baseline.fill-in-help', 'Uses the saved data source. Save your changes first.')}
        onClick={() => void fillIn()}
      >
        {t('config.baseline.fill-in', 'Use current majority values')}
      </Button>
    </ConfigSection>
  );
}
