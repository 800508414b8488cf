import { printDuration, rateInterval } from '../signals/window';

/** The parts of a panel's request that do not belong to a query. Times are milliseconds. */
export interface PanelRequest {
  range: number;
  interval: number;
  maxDataPoints: number;
}

/** Prometheus's maximum number of points per series. */
const maxPointsPerSeries = 11_000;

/** The step that the backend would use for the same request. */
export function backendStep({ range, interval, maxDataPoints }: PanelRequest, scrapeInterval: number): number {
  const step = Math.max(interval, scrapeInterval, range / maxPointsPerSeries, range / maxDataPoints);
  return Math.ceil(step / 1000) * 1000;
}

export interface Macros {
  step: number;
  scrapeInterval: number;
  range: number;
  /** How long the page has watched. */
  live: number;
  /** The window of rates; by default it follows from the step. */
  window?: number;
  /** Length of the history. Windows are cut to it. */
  history?: number;
}

/** Replaces Grafana's macros. Unknown macros stay, and the PromQL parser reports them. Times are milliseconds. */
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
