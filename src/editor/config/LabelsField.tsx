import { isEqual } from 'lodash';
import { useState } from 'react';
import { TextField } from './fields';
import { parseLabels, printLabels } from './validate';

interface Props {
  labels: Record<string, string> | undefined;
  onChange: (labels: Record<string, string> | undefined) => void;
  disabled: boolean;
}

/** Labels as one text, `cluster=prod, zone=a`. What is no label yet stays in the field and is not reported. */
export function LabelsField({ labels, onChange, disabled }: Props) {
  const [draft, setDraft] = useState({ text: printLabels(labels), labels });
  const text = isEqual(draft.labels, labels) ? draft.text : printLabels(labels);

  const type = (typed = '') => {
    const read = parseLabels(typed);
    const next = Object.keys(read.labels).length > 0 ? read.labels : undefined;
    setDraft({ text: typed, labels: read.problem ? labels : next });
    if (!read.problem) {
      onChange(next);
    }
  };

  return (
    <TextField
      label="Labels"
      description="Put on every sample of this target. node and cluster say which Falco it is; without node the host name that Falco answers with is taken."
      placeholder="cluster=prod, zone=a"
      value={text}
      problem={parseLabels(text).problem}
      onChange={type}
      disabled={disabled}
      width={60}
    />
  );
}
