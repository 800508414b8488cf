import {
  type FieldConfig,
  MappingType,
  SpecialValueMatch,
  type Threshold,
  ThresholdsMode,
  type ValueMapping,
} from '@grafana/data';
import { type Signal, type Thresholds } from '../../signals/types';

// Grafana's colour names. Blue means that a signal has no thresholds.
const colours = { ok: 'green', warning: 'yellow', critical: 'red' };
const neutral = 'blue';

const made = new WeakMap<Signal, FieldConfig>();

/**
 * The field config of a signal's values, with the rules of pkg/frames/config.go. PromQL results have at most a unit. Returns
 * the same object for a signal every time, because Grafana rebuilds a graph when its config is a different object.
 */
export function fieldConfig(signal: Signal | undefined, unit: string | undefined): FieldConfig {
  if (!signal) {
    return unit ? { unit } : {};
  }
  const config = made.get(signal) ?? makeConfig(signal);
  made.set(signal, config);
  return config;
}

function makeConfig(signal: Signal): FieldConfig {
  const { unit, decimals, description, min, max, tiny, softMax, link, values = [] } = signal;
  return {
    ...(unit && { unit }),
    ...(decimals !== undefined && { decimals }),
    ...(description && { description }),
    thresholds: { mode: ThresholdsMode.Absolute, steps: steps(signal.thresholds) },
    ...(link && { links: [{ title: "Falco's documentation", url: link, targetBlank: true }] }),
    ...(min !== undefined && { min }),
    ...(max !== undefined && { max }),
    ...(softMax !== undefined && { custom: { axisSoftMax: softMax } }),
    ...(tiny && { mappings: [upTo(tiny)] }),
    ...(values.length > 0 && { mappings: [{ type: MappingType.ValueToText, options: named(values) }] }),
  };
}

/**
 * Lets a table say that a missing value of a judged signal is unknown. An empty cell would look as if all were well.
 */
export function nameMissing(config: FieldConfig, signal: Signal | undefined): FieldConfig {
  const { thresholds, values = [] } = signal ?? {};
  if (!thresholds && values.length === 0) {
    return config;
  }
  const result = { text: 'unknown', color: 'purple', ...(values.length > 0 && { index: values.length }) };
  const missing: ValueMapping = {
    type: MappingType.SpecialValue,
    options: { match: SpecialValueMatch.Null, result },
  };
  return { ...config, mappings: [...(config.mappings ?? []), missing] };
}

/** Text instead of the digits of nearly nothing. The colour stays that of the thresholds. */
function upTo({ to, text }: NonNullable<Signal['tiny']>): ValueMapping {
  return { type: MappingType.RangeToText, options: { from: Number.MIN_VALUE, to, result: { text } } };
}

function named(values: NonNullable<Signal['values']>) {
  return Object.fromEntries(
    values.map(({ value, text, level }, index) => [value, { text, color: colours[level], ...(index > 0 && { index }) }])
  );
}

/**
 * Threshold steps in ascending order. A value equal to a bound has the worse level when higher is worse, and the better one
 * when lower is worse. The first step starts at the lowest number, as in the backend; see thresholds.ts.
 */
function steps(thresholds: Thresholds | undefined): Threshold[] {
  if (!thresholds) {
    return [from(undefined, neutral)];
  }
  const { direction, warning, critical } = thresholds;
  if (direction === 'above') {
    return [from(undefined, colours.ok), ...given(warning, colours.warning), ...given(critical, colours.critical)];
  }
  const below = [...given(critical, colours.critical), ...given(warning, colours.warning)];
  // The range below a bound starts at the bound before it.
  return [...below.map(({ color }, i) => from(below[i - 1]?.value, color)), from(below.at(-1)?.value, colours.ok)];
}

function given(bound: number | undefined, color: string): Threshold[] {
  return bound === undefined ? [] : [{ value: bound, color }];
}

function from(value: number | undefined, color: string): Threshold {
  return { value: value ?? -Number.MAX_VALUE, color };
}
