import { formattedValueToString, getValueFormat, getValueFormats } from '@grafana/data';
import { type Signal } from '../../signals/types';

const NAMES: Record<string, string> = {
  percentunit: '%',
  bytes: 'bytes',
  eps: 'events/s',
  cps: 'per second',
  ns: 'ns',
  s: 'seconds',
  dtdhms: 'days and time',
  short: 'number',
  locale: 'number',
};

/** The name of a unit, for lists. */
export function unitName(unit: string): string {
  return NAMES[unit] ?? unit.replace('count:', '');
}

/** Formats a value of a signal as a panel shows it. */
export function formatValue(value: number, { unit, decimals }: Pick<Signal, 'unit' | 'decimals'>): string {
  return formattedValueToString(getValueFormat(unit)(value, decimals));
}

/** Grafana's name of a unit. */
export function titleOfUnit(unit: string): string {
  const known = getValueFormats().flatMap(({ submenu }) => submenu);
  return known.find(({ value }) => value === unit)?.text ?? unit;
}
