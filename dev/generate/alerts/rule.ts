import { catalogue } from '../../../src/signals';
import { type Signal } from '../../../src/signals/types';

/** How an expression is written for one of the two places in which a rule runs: Grafana or Prometheus. */
export interface Dialect {
  /** The labels that name a node. */
  node: string;
  /** Selectors of `up` of every Falco, and of every Falcosidekick. */
  falcos: string;
  sidekicks: string;
  /** A signal by node over a window. */
  figure(id: string, window?: string): string;
}

/** Pieces of templates for texts: both places have Go's, with other names for the same things. */
export interface Words {
  /** The node that an alert is about. */
  node: string;
  /** The cluster. */
  cluster: string;
  /** The value, through one of the functions that both places have. */
  value(as: 'humanizePercentage' | 'humanizeDuration' | 'printf "%.0f"'): string;
}

/** An alert rule for both places. */
export interface AlertRule {
  /** Public: never renamed, never reused. Without `falco-` it is the name of the rule's page in docs/runbooks. */
  uid: `falco-${string}`;
  title: string;
  /** What is held against the bound. Its advice and dimension are the alert's, also where `expr` is. */
  signal: string;
  /** Over which time the signal is worked out; none where it is a figure of the moment. */
  window?: string;
  /**
   * In place of the signal by itself. It gives a value for every node also while all is well: a rule that keeps
   * its last state would never end otherwise.
   */
  expr?: (write: Dialect) => string;
  /** When it fires. Grafana's names: gt is above, lt is below. */
  fires: { type: 'gt' | 'lt'; bound: number };
  /** The condition in words, for the list of all rules. */
  when: string;
  for: string;
  severity: 'warning' | 'critical';
  /** What Grafana does when the query gives nothing at all, and when it fails. */
  noData: 'Alerting' | 'KeepLast' | 'OK';
  error: 'Error' | 'KeepLast';
  /** Where to look first: titles of a shipped dashboard and of one of its panels. */
  look: { dashboard: string; panel: string };
  summary: (words: Words) => string;
  description: (words: Words) => string;
}

/** A signal that an alert rests on. */
export function signal(id: string): Signal {
  const found = catalogue.signals.find((known) => known.id === id);
  if (!found) {
    throw new Error(`An alert rule rests on the signal ${id}, which the catalogue does not have.`);
  }
  return found;
}

/** A threshold of the catalogue. */
export function bound(id: string, level: 'warning' | 'critical'): number {
  const found = signal(id).thresholds?.[level];
  if (found === undefined) {
    throw new Error(`An alert rule rests on the ${level} threshold of ${id}, which the catalogue does not have.`);
  }
  return found;
}

/** A figure that is missing says nothing: what was known last holds on. */
export const keepLast = { noData: 'KeepLast', error: 'KeepLast' } as const;
/** Only some nodes ever have this figure, or none while all is well: nothing is no news. */
export const nothingIsFine = { noData: 'OK', error: 'KeepLast' } as const;

/** What to change, as the catalogue has it: one line for each piece of advice. */
export function advice({ signal: id }: AlertRule): string {
  return signal(id)
    .advice.map(({ when, change, cost }) => `${when} ${change} Cost: ${cost}`)
    .join('\n');
}

const docs = 'https://github.com/falco-metrics/falco-metrics-datasource/blob/main/docs/runbooks';

/** The rule's page of docs/runbooks, without the ending. */
export function page({ uid }: AlertRule): string {
  return uid.slice('falco-'.length);
}

export function runbookUrl(rule: AlertRule): string {
  return `${docs}/${page(rule)}.md`;
}
