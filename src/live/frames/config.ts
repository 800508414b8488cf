import { type FieldConfig, MappingType, type Threshold, ThresholdsMode } from '@grafana/data';
import { type Signal, type Thresholds } from '../../signals/types';

// The colours of levels, in Grafana's own names. Unknown values never get here; blue stands for "not judged".
const colours = { ok: 'green', warning: 'yellow', critical: 'red' };
const neutral = 'blue';

const made = new WeakMap<Signal, FieldConfig>();

/**
 * How a signal's values look without any override; the rules of pkg/frames/config.go. Empty for PromQL written by hand.
 * The same object every time: Grafana builds a graph anew where anything in it is another one.
 */
export function fieldConfig(signal: Signal | undefined): FieldConfig {
  if (!signal) {
    return {};
  }
  const config = made.get(signal) ?? makeConfig(signal);
  made.set(signal, config);
  return config;
}

function makeConfig(signal: Signal): FieldConfig {
  const { unit, decimals, description, min, max, link, values = [] } = signal;
  return {
    ...(unit && { unit }),
    ...(decimals !== undefined && { decimals }),
    ...(description && { description }),
    thresholds: { mode: ThresholdsMode.Absolute, steps: steps(signal.thresholds) },
    ...(link && { links: [{ title: "Falco's documentation", url: link, targetBlank: true }] }),
    ...(min !== undefined && { min }),
    ...(max !== undefined && { max }),
    ...(values.length > 0 && { mappings: [{ type: MappingType.ValueToText, options: named(values) }] }),
  };
}

function named(values: NonNullable<Signal['values']>) {
  return Object.fromEntries(
    values.map(({ value, text, level }, index) => [value, { text, color: colours[level], ...(index > 0 && { index }) }])
  );
}

/**
 * In rising order. A value that lies on a bound is already warning or critical where more is worse, and not yet where
 * less is worse. The first step begins at -Infinity, written as the backend does; see thresholds.ts.
 */
function steps(judged: Thresholds | undefined): Threshold[] {
  if (!judged) {
    return [from(undefined, neutral)];
  }
  const { direction, warning, critical } = judged;
  if (direction === 'above') {
    return [from(undefined, colours.ok), ...given(warning, colours.warning), ...given(critical, colours.critical)];
  }
  const below = [...given(critical, colours.critical), ...given(warning, colours.warning)];
  // What lies below one bound begins at the bound before it.
  return [...below.map(({ color }, i) => from(below[i - 1]?.value, color)), from(below.at(-1)?.value, colours.ok)];
}

function given(bound: number | undefined, color: string): Threshold[] {
  return bound === undefined ? [] : [{ value: bound, color }];
}

function from(value: number | undefined, color: string): Threshold {
  return { value: value ?? -Number.MAX_VALUE, color };
}
