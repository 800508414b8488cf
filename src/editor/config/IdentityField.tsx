import { useState } from 'react';
import { t } from '../../i18n';
import { DEFAULTS } from '../../settings';
import { TextField } from './fields';
import { identityProblem, parseIdentity } from './validatePrometheus';

interface Props {
  identityLabels: string[] | undefined;
  onChange: (identityLabels: string[] | undefined) => void;
  disabled: boolean;
}

/** One or two identity labels as one text, `cluster, node`. */
export function IdentityField({ identityLabels, onChange, disabled }: Props) {
  const [draft, setDraft] = useState(identityLabels?.join(', '));
  const text = parseIdentity(draft)?.join() === identityLabels?.join() ? draft : identityLabels?.join(', ');
  return (
    <TextField
      label={t('config.prometheus.identity', 'Identity labels')}
      description={t(
        'config.prometheus.identity-help',
        'Labels that identify an instance: the node, optionally preceded by the cluster'
      )}
      placeholder={DEFAULTS.prometheus.identityLabels.join(', ')}
      value={text}
      problem={identityProblem(text ?? '')}
      onChange={(typed) => {
        setDraft(typed);
        onChange(parseIdentity(typed));
      }}
      disabled={disabled}
      width={50}
    />
  );
}
