import { formattedValueToString, getValueFormat, getValueFormats } from '@grafana/data';
import { t } from '../../i18n';
import { type Signal } from '../../signals/types';

const listNames = (): Record<string, string> => ({
  percentunit: '%',
  bytes: t('unit.bytes', 'bytes'),
  eps: t('unit.events-per-second', 'events/s'),
  cps: t('unit.per-second', 'per second'),
  ns: 'ns',
  s: t('unit.seconds', 'seconds'),
  dtdhms: t('unit.days-and-time', 'days and time'),
  short: t('unit.number', 'number'),
  locale: t('unit.number', 'number'),
});

/** The name of a unit, for lists. */
export function unitName(unit: string): string {
  return listNames()[unit] ?? unit.replace('count:', '');
}

/** Formats a value of a signal for a sentence: as a panel shows it, with a space before the unit. */
export function formatValue(value: number, { unit, decimals }: Pick<Signal, 'unit' | 'decimals'>): string {
  return formattedValueToString(getValueFormat(unit)(value, decimals)).replace(/%$/, ' %');
}

/** Grafana's name of a unit. */
export function titleOfUnit(unit: string): string {
  const known = getValueFormats().flatMap(({ submenu }) => submenu);
  return known.find(({ value }) => value === unit)?.text ?? unit;
}
