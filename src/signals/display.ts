import { type Signal } from './types';

/** What a catalogue entry writes down. The rest follows from the unit. */
type Unit = Pick<Signal, 'unit' | 'decimals' | 'max' | 'values'>;

/** How panels show small values of a signal: see {@link Signal.tiny} and {@link Signal.softMax}. */
export function displayOf(signal: Unit): Pick<Signal, 'tiny' | 'softMax'> {
  const [tiny, softMax] = [tinyOf(signal), softMaxOf(signal)];
  return { ...(tiny && { tiny }), ...(softMax !== undefined && { softMax }) };
}

function tinyOf(signal: Unit): Signal['tiny'] {
  const suffix = suffixOf(signal.unit);
  if (suffix === undefined || signal.decimals === 0 || signal.values) {
    return undefined;
  }
  const { decimals = 2 } = signal;
  // Values that are rounded up to the limit keep their number.
  return {
    to: Number((0.995 * leastOf(signal)).toPrecision(3)),
    text: `<${(10 ** -decimals).toFixed(decimals)}${suffix}`,
  };
}

/** The smallest value above 0 that the decimals can show. */
function leastOf({ unit, decimals = 2 }: Unit): number {
  return 10 ** -(unit === 'percentunit' ? decimals + 2 : decimals);
}

/** What Grafana writes behind a number; undefined for units that scale, so that small values stay readable. */
function suffixOf(unit: string): string | undefined {
  const known: Record<string, string> = { percentunit: '%', eps: ' evt/s', cps: ' c/s', short: '' };
  return unit.startsWith('count:') ? ` ${unit.slice('count:'.length)}` : known[unit];
}

function softMaxOf(signal: Unit): number | undefined {
  const { unit, decimals, max } = signal;
  if (max !== undefined) {
    return undefined;
  }
  if (decimals === 0) {
    return 1;
  }
  // Ten times the smallest number, so that the axis has no tick below it.
  return suffixOf(unit) === undefined
    ? { s: 0.001, dtdhms: 60, Bps: 1000 }[unit]
    : Number((10 * leastOf(signal)).toPrecision(3));
}
