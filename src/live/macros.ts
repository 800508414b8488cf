import { printDuration, rateInterval } from '../signals/window';

/** What a panel asks besides its query; milliseconds. */
export interface Asked {
  range: number;
  interval: number;
  maxDataPoints: number;
}

/** How many points Prometheus gives a series at most. */
const mostPoints = 11_000;

/** The step that the backend would take, as pkg/datasource/times.go works it out. */
export function backendStep({ range, interval, maxDataPoints }: Asked, scrapeInterval: number): number {
  const step = Math.max(interval, scrapeInterval, range / mostPoints, range / maxDataPoints);
  return Math.ceil(step / 1000) * 1000;
}

export interface Macros {
  step: number;
  scrapeInterval: number;
  range: number;
  /** How long it has been watched. */
  live: number;
  /** How far rates look back where that is not worked out from the step. */
  window?: number;
  /** How much there is of the history: they look back no further. */
  history?: number;
}

/** Replaces Grafana's macros; unknown ones stay, for PromQL to complain of. All times are milliseconds. */
export function expandMacros(text: string, macros: Macros): string {
  const { step, scrapeInterval, range, live, history = Infinity } = macros;
  const { window = rateInterval({ step, scrapeInterval }) } = macros;
  const seconds = Math.max(1, Math.round(range / 1000));
  const values: Record<string, string> = {
    __rate_interval: printDuration(Math.min(window, history)),
    __interval: printDuration(step),
    __interval_ms: String(step),
    __range: `${seconds}s`,
    __range_s: String(seconds),
    __range_ms: String(range),
    __live: printDuration(live),
  };
  return text.replace(/\$\{__[a-z_]+\}|\$__[a-z_]+/g, (found) => values[found.replace(/[${}]/g, '')] ?? found);
}
