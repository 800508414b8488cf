import { DEFAULTS, type FalcoSettings } from '../../settings';
import { parseDuration } from '../../signals/window';
import { parseSize } from '../../sizes';

/** Series that one Falco exports with its usual switches on; per-CPU counters come on top. */
export const SERIES_PER_TARGET = 300;
/** A compressed sample, with its share of the index. */
export const BYTES_PER_SAMPLE = 3;
const MEGABYTE = 1024 * 1024;
const HOUR = 3_600_000;

export interface Estimate {
  /** Falcos counted: what an entry says to expect, else one for each entry. */
  targets: number;
  /** Entries that are looked up and do not say how many Falcos to expect. */
  uncounted: number;
  megabytes: number;
  limit: number;
  /** How long the samples last, when the limit is reached before the hours are. */
  hours: number;
}

/** Estimates the memory that the history takes. Returns nothing while a setting it depends on is not valid. */
export function estimateHistory(settings: FalcoSettings): Estimate | undefined {
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
