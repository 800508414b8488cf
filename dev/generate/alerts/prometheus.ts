/**
 * The rules as a Prometheus rule file. Recording rules evaluate the signals that alerts use, so
 * that they are evaluated once and can be used elsewhere.
 */
import { stringify } from 'yaml';
import { catalogue } from '../../../src/signals';
import { compile } from '../../../src/signals/compile';
import { type Signal } from '../../../src/signals/types';
import { rules } from '.';
import { advice, type AlertRule, type Dialect, runbookUrl, signal, type Words } from './rule';
import { tidy } from './text';

/** Part of every recorded name; raised when the meaning of a recorded signal changes. */
export const RECORDING_VERSION = 1;

/** Prometheus has `up` for every job; this is Falco's. */
export const job = 'falco';

/** Without a label `cluster`, this groups by `instance` alone. */
const identity = ['cluster', 'instance'];

/** The operation that a template applies to the counters, for the names of recording rules. */
function operation({ expr }: Signal, window?: string): string {
  if (window === undefined) {
    return 'value';
  }
  return `${expr.includes('increase(') ? 'increase' : expr.includes('rate(') ? 'rate' : 'over'}${window}`;
}

/** Returns level:metric:operation, such as instance:falco_kernel_drop_ratio:rate5m_v1. */
export function recordedName(id: string, window?: string): string {
  const found = signal(id);
  const level = found.groupBy.default.flatMap((label) => (label === '$identity' ? ['instance'] : [label])).join('_');
  return `${level}:falco_${id.replaceAll('-', '_')}:${operation(found, window)}_v${RECORDING_VERSION}`;
}

function recordedExpr(id: string, window?: string): string {
  const options = { identity, targetLabels: [], step: 0, scrapeInterval: 15_000, range: 0 };
  return tidy(compile(catalogue, signal(id), { window }, options).expr);
}

const words: Words = {
  node: '{{ $labels.instance }}{{ if $labels.cluster }} ({{ $labels.cluster }}){{ end }}',
  cluster: '{{ if $labels.cluster }}cluster {{ $labels.cluster }}{{ else }}the fleet{{ end }}',
  label: (name) => `{{ $labels.${name} }}`,
  value: (as) => `{{ $value | ${as} }}`,
};

/** Returns expressions that refer to recorded signals and reports each of them to `record`. */
function dialect(record: (id: string, window?: string) => void): Dialect {
  return {
    node: identity.join(', '),
    falcos: `up{job="${job}"}`,
    sidekicks: `up{job="${job}sidekick"}`,
    figure: (id, window) => {
      record(id, window);
      return recordedName(id, window);
    },
  };
}

/** Converts falco-node-down to FalcoNodeDown. */
export function alertName({ uid }: AlertRule): string {
  return uid
    .split('-')
    .map((word) => word[0]?.toUpperCase() + word.slice(1))
    .join('');
}

function alert(rule: AlertRule, write: Dialect) {
  const figure = rule.expr ? `(${rule.expr(write)})` : write.figure(rule.signal, rule.window);
  return {
    alert: alertName(rule),
    expr: `${figure} ${rule.fires.type === 'gt' ? '>' : '<'} ${rule.fires.bound}`,
    ...(rule.for === '0s' ? {} : { for: rule.for }),
    labels: { severity: rule.severity, dimension: signal(rule.signal).dimension },
    annotations: {
      summary: rule.summary(words),
      description: rule.description(words),
      advice: advice(rule),
      runbook_url: runbookUrl(rule),
    },
  };
}

/** Replaces the state "no data" of Grafana's rule on `up`. */
const noneKnown = {
  alert: 'FalcoNoneKnown',
  expr: `absent(up{job="${job}"})`,
  for: '2m',
  labels: { severity: 'critical', dimension: 'continuity' },
  annotations: {
    summary: `Prometheus has no target of the job ${job}`,
    description: `Service discovery finds no Falco, or the job has another name: these rules expect "${job}".`,
  },
};

/**
 * The recorded signals, which the executor for Prometheus reads instead of evaluating the signal.
 */
export interface Recording {
  name: string;
  signal: string;
  window?: string;
}

/** The alerts, and the recordings that they use. */
function written() {
  const recordings = new Map<string, Recording>();
  const write = dialect((id, window) => {
    const name = recordedName(id, window);
    recordings.set(name, { name, signal: id, window });
  });
  const alerts = [...rules.filter(({ report }) => !report).map((rule) => alert(rule, write)), noneKnown];
  return { alerts, recordings: [...recordings.values()] };
}

export function recordings(): Recording[] {
  return written().recordings;
}

/** provisioning/prometheus/falco.rules.yaml. */
export function prometheusFile(): string {
  const { alerts, recordings } = written();
  const recorded = recordings.map(({ name, signal, window }) => ({ record: name, expr: recordedExpr(signal, window) }));
  // Prometheus evaluates the rules of a group in order, so the alerts use the values recorded in
  // the same evaluation.
  const groups = [{ name: 'falco', rules: [...recorded, ...alerts] }];
  const head = ' Written by `npm run generate` from the catalogue; docs/alerting.md describes its requirements.\n';
  return `#${head}${stringify({ groups }, { lineWidth: 0, singleQuote: true })}`;
}
