import { type Need } from '../../signals/types';

/** Describes a requirement: the metric, how to enable it and what that costs. */
export function needText({ metric, anyOf = [], config, host, cost, engines, since, from, unknownValue }: Need): string {
  const conditions = [
    ...(from ? [`exported by ${from}, available in Prometheus mode only`] : []),
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
