import { Collapse, Stack, Text, TextLink } from '@grafana/ui';
import { useState } from 'react';
import { type Need, type Signal, type Thresholds } from '../../signals/types';
import { inUnit } from './units';

/** What the chosen signals mean: description, thresholds, needs; folded away until asked for. */
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
          <About key={signal.id} signal={signal} />
        ))}
      </Stack>
    </Collapse>
  );
}

function About({ signal }: { signal: Signal }) {
  return (
    <section aria-label={signal.title}>
      <Text element="h6">{signal.title}</Text>
      <p>{signal.description}</p>
      {signal.thresholds && <ThresholdText signal={signal} thresholds={signal.thresholds} />}
      {signal.needs.length > 0 && (
        <>
          <Text variant="bodySmall" weight="medium">
            It needs
          </Text>
          <ul>
            {signal.needs.map((need) => (
              <li key={need.metric}>{needText(need)}</li>
            ))}
          </ul>
        </>
      )}
      <TextLink href={signal.link} external variant="bodySmall">
        Falco’s documentation
      </TextLink>
    </section>
  );
}

function ThresholdText({ signal, thresholds }: { signal: Signal; thresholds: Thresholds }) {
  const { direction, warning, critical, because, source } = thresholds;
  const levels = [
    ...(warning === undefined ? [] : [`warning ${direction} ${inUnit(warning, signal)}`]),
    ...(critical === undefined ? [] : [`critical ${direction} ${inUnit(critical, signal)}`]),
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

/** One need as a sentence: the metric, how to switch it on, and what that costs. */
export function needText({ metric, anyOf = [], config, host, cost, engines, since, from, unknownValue }: Need): string {
  const conditions = [
    ...(from ? [`of ${from}, which only a store can have`] : []),
    ...(config ? [`set ${config}`] : []),
    ...(host ? [`on the host: ${host}`] : []),
    ...(engines ? [`engines: ${engines.join(', ')}`] : []),
    ...(since ? [`Falco ${since} or later`] : []),
    ...(cost ? [`cost: ${cost}`] : []),
    ...(unknownValue ? [`${unknownValue.value} means unknown: ${unknownValue.because}`] : []),
  ];
  const metrics = [metric, ...anyOf].join(' or ');
  return conditions.length > 0 ? `${metrics} (${conditions.join('; ')})` : metrics;
}
