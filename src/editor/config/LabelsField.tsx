import { isEqual } from 'lodash';
import { useState } from 'react';
import { t, verbatim } from '../../i18n';
import { TextField } from './fields';
import { parseLabels, printLabels } from './validate';

interface Props {
  labels: Record<string, string> | undefined;
  onChange: (labels: Record<string, string> | undefined) => void;
  disabled: boolean;
}

/** Labels as one text, `cluster=prod, zone=a`. Invalid text stays in the field and is not reported to `onChange`. */
export function LabelsField({ labels, onChange, disabled }: Props) {
  const [draft, setDraft] = useState({ text: printLabels(labels), labels });
  const text = isEqual(draft.labels, labels) ? draft.text : printLabels(labels);

  const setText = (typed = '') => {
    const parsed = parseLabels(typed);
    const next = Object.keys(parsed.labels).length > 0 ? parsed.labels : undefined;
    setDraft({ text: typed, labels: parsed.problem ? labels : next });
    if (!parsed.problem) {
      onChange(next);
    }
  };

  return (
    <TextField
      label={t('config.targets.labels', 'Labels')}
      description={t(
        'config.targets.labels-help',
        'Added to every sample of this target. The labels cluster and node identify the Falco instance. Without a node label, the host name that Falco reports is used.'
      )}
      placeholder={verbatim('cluster=prod, zone=a')}
      value={text}
      problem={parseLabels(text).problem}
      onChange={setText}
      disabled={disabled}
      width={60}
    />
  );
}
