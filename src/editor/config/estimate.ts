import { DEFAULTS, type FalcoSettings } from '../../settings';
import { parseDuration } from '../../signals/window';

/** Series that one Falco exports with its usual switches on; per-CPU counters come on top. */
export const SERIES_PER_TARGET = 300;
/** A compressed sample, with its share of the index. */
export const BYTES_PER_SAMPLE = 3;
const MEGABYTE = 1024 * 1024;

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

/** What the history of these settings will come to; nothing while the interval is no duration. */
export function estimateHistory(settings: FalcoSettings): Estimate | undefined {
  const interval = parseDuration(settings.scrapeInterval || DEFAULTS.scrapeInterval);
  if (!interval) {
    return undefined;
  }
  const entries = settings.targets ?? [];
  const targets = entries.reduce((sum, { expected }) => sum + (expected ?? 1), 0);
  const uncounted = entries.filter(
    ({ discovery, expected }) => (discovery ?? 'static') !== 'static' && expected === undefined
  ).length;
  const hours = settings.history?.hours ?? DEFAULTS.history.hours;
  const limit = settings.history?.megabytes ?? DEFAULTS.history.megabytes;
  const megabytesPerHour = (targets * SERIES_PER_TARGET * (3_600_000 / interval) * BYTES_PER_SAMPLE) / MEGABYTE;
  const megabytes = megabytesPerHour * hours;
  return { targets, uncounted, megabytes, limit, hours: megabytes > limit ? limit / megabytesPerHour : hours };
}
