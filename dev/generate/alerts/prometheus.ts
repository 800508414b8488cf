/**
 * The rules as a Prometheus rule file. What the alerts rest on is recorded first, so that it is worked out once
 * and can be used elsewhere.
 */
import { stringify } from 'yaml';
import { catalogue } from '../../../src/signals';
import { compile } from '../../../src/signals/compile';
import { type Signal } from '../../../src/signals/types';
import { rules } from '.';
import { advice, type AlertRule, type Dialect, runbookUrl, signal, type Words } from './rule';
import { tidy } from './text';

/** Part of every recorded name; raised when a recorded figure changes its meaning. */
export const RECORDING_VERSION = 1;

/** Prometheus has `up` for every job; this one is Falco's. */
export const job = 'falco';

/** Without a label `cluster` it is as if only `instance` stood here. */
const identity = ['cluster', 'instance'];

/** What a template does with the counters, as rule names tell it. */
function operation({ expr }: Signal, window?: string): string {
  if (window === undefined) {
    return 'value';
  }
  return `${expr.includes('increase(') ? 'increase' : expr.includes('rate(') ? 'rate' : 'over'}${window}`;
}

/** level:metric:operation, e.g. instance:falco_kernel_drop_ratio:rate5m_v1. */
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
  value: (as) => `{{ $value | ${as} }}`,
};

/** Expressions that name recorded figures; `record` is told of each. */
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

/** FalcoNodeDown for falco-node-down. */
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

/** What Grafana's rule on `up` says by having no data. */
const noneKnown = {
  alert: 'FalcoNoneKnown',
  expr: `absent(up{job="${job}"})`,
  for: '2m',
  labels: { severity: 'critical', dimension: 'continuity' },
  annotations: {
    summary: `Prometheus knows no Falco: the job ${job} has no target`,
    description: `Service discovery finds none, or the job has another name: these rules expect "${job}".`,
  },
};

/** What the alerts rest on, as the store executor knows it: it takes a recorded figure in place of the signal. */
export interface Recording {
  name: string;
  signal: string;
  window?: string;
}

/** The alerts, and what is recorded for them. */
function written() {
  const recordings = new Map<string, Recording>();
  const write = dialect((id, window) => {
    const name = recordedName(id, window);
    recordings.set(name, { name, signal: id, window });
  });
  const alerts = [...rules.map((rule) => alert(rule, write)), noneKnown];
  return { alerts, recordings: [...recordings.values()] };
}

export function recordings(): Recording[] {
  return written().recordings;
}

/** provisioning/prometheus/falco.rules.yaml. */
export function prometheusFile(): string {
  const { alerts, recordings } = written();
  const recorded = recordings.map(({ name, signal, window }) => ({ record: name, expr: recordedExpr(signal, window) }));
  // Prometheus evaluates the rules of one group in their order: alerts see the figures of the same moment.
  const groups = [{ name: 'falco', rules: [...recorded, ...alerts] }];
  const head =
    ' Written by `npm run generate` from the catalogue; docs/alerting.md says what it expects of Prometheus.\n';
  return `#${head}${stringify({ groups }, { lineWidth: 0, singleQuote: true })}`;
}
