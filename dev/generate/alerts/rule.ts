import { catalogue } from '../../../src/signals';
import { type Signal } from '../../../src/signals/types';

/**
 * How to write an expression for one of the two places where a rule runs: Grafana or Prometheus.
 */
export interface Dialect {
  /** The labels that identify a node. */
  node: string;
  /** Selectors of `up` for every Falco and every Falcosidekick. */
  falcos: string;
  sidekicks: string;
  /** Returns a signal by node over a window. */
  figure(id: string, window?: string): string;
}

/** Template fragments for texts. Both places use Go templates with different names. */
export interface Words {
  /** The node of the alert. */
  node: string;
  /** The cluster of the alert. */
  cluster: string;
  /** A label of the alert. */
  label(name: string): string;
  /** The value, formatted by a function that both places have. */
  value(as: 'humanizePercentage' | 'humanizeDuration' | 'printf "%.0f"'): string;
}

/** An alert rule for both places. */
export interface AlertRule {
  /**
   * Public: never renamed, never reused. Without `falco-` it is the name of the runbook in
   * docs/runbooks.
   */
  uid: `falco-${string}`;
  title: string;
  /**
   * The signal that is compared with the bound. Its advice and dimension apply to the alert even if
   * `expr` is given.
   */
  signal: string;
  /** The window of the signal; undefined for signals without a window. */
  window?: string;
  /**
   * Replaces the signal itself. It must have a value for every healthy node too; otherwise an alert
   * that keeps its last state would never end.
   */
  expr?: (write: Dialect) => string;
  /**
   * Replaces the signal by the impact report over some seconds, which PromQL cannot express: Prometheus does not get the
   * rule.
   */
  report?: { signals: string[]; window: string; lookback: number };
  /** When the rule fires, in Grafana's terms: gt is above, lt is below. */
  fires: { type: 'gt' | 'lt'; bound: number };
  /** The condition in words, for the list of all rules. */
  when: string;
  for: string;
  severity: 'warning' | 'critical';
  /** What Grafana does when the query returns no data, and when it fails. */
  noData: 'Alerting' | 'KeepLast' | 'OK';
  error: 'Error' | 'KeepLast';
  /** The titles of the dashboard and panel to look at first. */
  look: { dashboard: string; panel: string };
  summary: (words: Words) => string;
  description: (words: Words) => string;
}

/** Returns a signal that an alert uses. */
export function signal(id: string): Signal {
  const found = catalogue.signals.find((known) => known.id === id);
  if (!found) {
    throw new Error(`An alert rule uses the signal ${id}, which the catalogue does not have.`);
  }
  return found;
}

/** Returns a threshold of the catalogue. */
export function bound(id: string, level: 'warning' | 'critical'): number {
  const found = signal(id).thresholds?.[level];
  if (found === undefined) {
    throw new Error(`An alert rule uses the ${level} threshold of ${id}, which the catalogue does not have.`);
  }
  return found;
}

/** Missing data carries no information: the last state is kept. */
export const keepLast = { noData: 'KeepLast', error: 'KeepLast' } as const;
/** Only some nodes ever have a value, or none while all is well: no data is normal. */
export const nothingIsFine = { noData: 'OK', error: 'KeepLast' } as const;

/** What to change according to the catalogue, one line per advice. */
export function advice({ signal: id }: AlertRule): string {
  return signal(id)
    .advice.map(({ when, change, cost }) => `${when} ${change} Cost: ${cost}`)
    .join('\n');
}

const docs = 'https://github.com/falco-metrics/falco-metrics-datasource/blob/main/docs/runbooks';

/** Name of the runbook in docs/runbooks, without the extension. */
export function page({ uid }: AlertRule): string {
  return uid.slice('falco-'.length);
}

export function runbookUrl(rule: AlertRule): string {
  return `${docs}/${page(rule)}.md`;
}
