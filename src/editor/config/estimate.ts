import { DEFAULTS, type FalcoSettings } from '../../settings';
import { parseDuration } from '../../signals/window';
import { parseSize } from '../../sizes';

/** Series that one Falco exports with the usual metrics enabled, without per-CPU counters. */
export const SERIES_PER_TARGET = 300;
/** Series that are kept of one node_exporter with two network devices and one disk. */
export const SERIES_PER_NODE_EXPORTER = 50;
/** Size of a compressed sample, including its share of the index. */
export const BYTES_PER_SAMPLE = 3;
const MEGABYTE = 1024 * 1024;
const HOUR = 3_600_000;

export interface Estimate {
  /** The sum of the expected instances, without node_exporters. A target without them counts as one. */
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
  const all = settings.targets ?? [];
  const entries = all.filter(({ kind }) => kind !== 'node-exporter');
  const targets = entries.reduce((sum, { expectedInstances }) => sum + (expectedInstances ?? 1), 0);
  const uncounted = entries.filter(
    ({ discovery, expectedInstances }) => (discovery ?? 'static') !== 'static' && expectedInstances === undefined
  ).length;
  // Discovery is taken to find a node_exporter for every Falco.
  const exporters = all
    .filter(({ kind }) => kind === 'node-exporter')
    .reduce((sum, { discovery = 'static' }) => sum + (discovery === 'static' ? 1 : targets), 0);
  const series = targets * SERIES_PER_TARGET + exporters * SERIES_PER_NODE_EXPORTER;
  const hours = retention / HOUR;
  const limit = size / MEGABYTE;
  const megabytesPerHour = (series * (HOUR / interval) * BYTES_PER_SAMPLE) / MEGABYTE;
  const megabytes = megabytesPerHour * hours;
  return { targets, uncounted, megabytes, limit, hours: megabytes > limit ? limit / megabytesPerHour : hours };
}
