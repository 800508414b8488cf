import { formattedValueToString, getValueFormat } from '@grafana/data';
import { type Signal } from '../../signals/types';

const WORDS: Record<string, string> = {
  percentunit: '%',
  bytes: 'bytes',
  eps: 'events/s',
  cps: 'per second',
  ns: 'ns',
  s: 'seconds',
  short: 'number',
  locale: 'number',
};

/** The unit of a signal as a word for lists. */
export function unitWord(unit: string): string {
  return WORDS[unit] ?? unit;
}

/** A figure as a panel would show it. */
export function inUnit(value: number, { unit, decimals }: Pick<Signal, 'unit' | 'decimals'>): string {
  return formattedValueToString(getValueFormat(unit)(value, decimals));
}
