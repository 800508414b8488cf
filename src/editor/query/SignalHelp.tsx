import { Collapse, Stack, Text, TextLink } from '@grafana/ui';
import { useState } from 'react';
import { type Signal, type Thresholds } from '../../signals/types';
import { needText } from './needText';
import { formatValue } from './units';

/** A collapsed section that explains the selected signals: description, thresholds and requirements. */
export function SignalHelp({ signals }: { signals: Signal[] }) {
  const [open, setOpen] = useState(false);
  if (signals.length === 0) {
    return null;
  }
  const label = signals.length === 1 ? `About “${signals[0]?.title}”` : 'About these signals';
  return (
    <Collapse label={label} isOpen={open} onToggle={() => setOpen(!open)}>
      <Stack direction="column" gap={2}>
        {signals.map((signal) => (
          <SignalDescription key={signal.id} signal={signal} />
        ))}
      </Stack>
    </Collapse>
  );
}

function SignalDescription({ signal }: { signal: Signal }) {
  return (
    <section aria-label={signal.title}>
      <Text element="h6">{signal.title}</Text>
      <p>{signal.description}</p>
      {signal.thresholds && <ThresholdText signal={signal} thresholds={signal.thresholds} />}
      {signal.needs.length > 0 && (
        <>
          <Text variant="bodySmall" weight="medium">
            Requirements
          </Text>
          <ul>
            {signal.needs.map((need) => (
              <li key={need.metric}>{needText(need)}</li>
            ))}
          </ul>
        </>
      )}
      <TextLink href={signal.link} external variant="bodySmall">
        Falco documentation
      </TextLink>
    </section>
  );
}

function ThresholdText({ signal, thresholds }: { signal: Signal; thresholds: Thresholds }) {
  const { direction, warning, critical, because, source } = thresholds;
  const levels = [
    ...(warning === undefined ? [] : [`warning ${direction} ${formatValue(warning, signal)}`]),
    ...(critical === undefined ? [] : [`critical ${direction} ${formatValue(critical, signal)}`]),
  ];
  return (
    <p>
      Thresholds: {levels.join(', ')}. {because}{' '}
      <TextLink href={source} external inline>
        Source
      </TextLink>
    </p>
  );
}
