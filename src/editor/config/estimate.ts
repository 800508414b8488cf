import { DEFAULTS, type FalcoSettings } from '../../settings';
import { parseDuration } from '../../signals/window';
import { parseSize } from '../../sizes';

/** Series that one Falco exports with the usual metrics enabled, without per-CPU counters. */
export const SERIES_PER_TARGET = 300;
/** Size of a compressed sample, including its share of the index. */
export const BYTES_PER_SAMPLE = 3;
const MEGABYTE = 1024 * 1024;
const HOUR = 3_600_000;

export interface Estimate {
  /** The sum of the expected instances. A target without them counts as one. */
  targets: number;
  /** Targets with discovery but without expected instances. */
  uncounted: number;
  megabytes: number;
  /** The retention size in megabytes. */
  limit: number;
  /** The retention time in hours, or less if the limit is reached earlier. */
  hours: number;
}

/** Estimates the memory that samples use. Returns undefined while a setting that it depends on is invalid. */
export function estimateMemory(settings: FalcoSettings): Estimate | undefined {
  const interval = parseDuration(settings.scrapeInterval || DEFAULTS.scrapeInterval);
  const retention = parseDuration(settings.retention?.time || DEFAULTS.retention.time);
  const size = parseSize(settings.retention?.size || DEFAULTS.retention.size);
  if (!interval || !retention || !size) {
    return undefined;
  }
  const entries = settings.targets ?? [];
  const targets = entries.reduce((sum, { expectedInstances }) => sum + (expectedInstances ?? 1), 0);
  const uncounted = entries.filter(
    ({ discovery, expectedInstances }) => (discovery ?? 'static') !== 'static' && expectedInstances === undefined
  ).length;
  const hours = retention / HOUR;
  const limit = size / MEGABYTE;
  const megabytesPerHour = (targets * SERIES_PER_TARGET * (HOUR / interval) * BYTES_PER_SAMPLE) / MEGABYTE;
  const megabytes = megabytesPerHour * hours;
  return { targets, uncounted, megabytes, limit, hours: megabytes > limit ? limit / megabytesPerHour : hours };
}
