import { generations } from './life';
import { type Node } from './node';
import { DROP_MESSAGE, podOf, PRIORITIES, type Rule } from './rules';

/** Where alerts are sent: the minimum priority (Falco's digit), and the share that is rejected. */
export const DESTINATIONS = [
  { name: 'elasticsearch', upTo: 7, refused: 0.004 },
  { name: 'loki', upTo: 6, refused: 0 },
  { name: 'slack', upTo: 4, refused: 0 },
];

export interface SidekickState {
  /** Milliseconds since 1970. */
  at: number;
  startedAt: number;
  events: Array<{ hostname: string; rule: Rule; count: number }>;
  accepted: number;
  rejected: number;
  outputs: Array<{ destination: string; ok: number; error: number }>;
}

/**
 * Everything the Falco instances have sent since their start: Falcosidekick is older than all of
 * them.
 */
export function sidekickState(
  nodes: Node[],
  start: number,
  at: number,
  failing: Record<string, number>
): SidekickState {
  const ms = at - start;
  const events: SidekickState['events'] = [];
  for (const node of nodes) {
    for (const [rule, count] of sentAlerts(node, ms, 1 - (node.spec.wayLoss ?? 0))) {
      if (count > 0) {
        events.push({ hostname: node.spec.name, rule, count });
      }
    }
  }
  const accepted = events.reduce((sum, { count }) => sum + count, 0);
  const outputs = DESTINATIONS.map(({ name, upTo, refused }) => {
    const taken = events.reduce((sum, { rule, count }) => sum + (rule.priority <= upTo ? count : 0), 0);
    const error = Math.floor(taken * (failing[name] ?? refused));
    return { destination: name, ok: taken - error, error };
  });
  return { at, startedAt: start - 812 * 3_600_000, events, accepted, rejected: Math.floor(accepted * 0.0002), outputs };
}

/**
 * The alerts that a node has sent since its start, up to `ms` milliseconds after the start of the fleet, by rule. Of those
 * of its rules, the share `arriving` counts.
 */
export function sentAlerts(node: Node, ms: number, arriving: number): Map<Rule, number> {
  const counts = new Map<Rule, number>();
  if (node.spec.absent) {
    return counts;
  }
  const lived = generations(node.spec, ms);
  for (const generation of lived) {
    for (const { rule, count } of node.sent(generation, ms)) {
      counts.set(rule, (counts.get(rule) ?? 0) + Math.floor(count * arriving));
    }
  }
  if (losesMuch(node)) {
    // At most one message in thirty seconds.
    counts.set(DROP_MESSAGE, Math.floor((ms - lived[0]!.openedAt) / 30_000));
  }
  for (const { rule, every } of node.spec.messages ?? []) {
    counts.set(rule, 1 + Math.floor(Math.max(0, ms) / every));
  }
  return counts;
}

/** Falco reports drops above a tenth of the events (syscall_event_drops.threshold). */
function losesMuch({ spec }: Node): boolean {
  return 1 - spec.capacityPerCpu / (spec.syscallsPerCpu * spec.take) > 0.1;
}

/** Formats a number like Go's client library: shortest digits, an exponent from 1e+06 on. */
export function goFloat(value: number): string {
  const magnitude = Math.abs(value);
  if (value === 0 || (magnitude >= 1e-4 && magnitude < 1e6)) {
    return String(value);
  }
  const [digits, exponent] = value.toExponential().split('e') as [string, string];
  return `${digits}e${exponent[0]}${exponent.slice(1).padStart(2, '0')}`;
}

function escape(value: string): string {
  return value.replace(/\\/g, '\\\\').replace(/"/g, '\\"').replace(/\n/g, '\\n');
}

type Sample = [labels: Record<string, string>, value: number];

/** One family: a HELP and a TYPE line, then its samples, sorted by label values. */
function family(name: string, type: string, help: string, samples: Sample[]): string {
  if (samples.length === 0) {
    return '';
  }
  const key = ([labels]: Sample) =>
    Object.keys(labels)
      .sort()
      .map((label) => labels[label])
      .join('\xff');
  const lines = samples
    .map((sample) => ({ sample, key: key(sample) }))
    .sort((a, b) => (a.key < b.key ? -1 : 1))
    .map(({ sample: [labels, value] }) => {
      const pairs = Object.keys(labels)
        .sort()
        .map((label) => `${label}="${escape(labels[label]!)}"`);
      return `${name}${pairs.length > 0 ? `{${pairs.join(',')}}` : ''} ${goFloat(value)}\n`;
    });
  return `# HELP ${name} ${help}\n# TYPE ${name} ${type}\n${lines.join('')}`;
}

/** Falcosidekick orders priorities the other way round: 8 is emergency. */
function eventLabels(hostname: string, rule: Rule): Record<string, string> {
  const pod = rule.container ? podOf(hostname) : { namespace: '', name: '' };
  return {
    hostname,
    rule: rule.name,
    priority: String(8 - rule.priority),
    priority_raw: PRIORITIES[rule.priority] ?? 'unknown',
    source: rule.source,
    k8s_ns_name: pod.namespace,
    k8s_pod_name: pod.name,
  };
}

/**
 * The text of Falcosidekick's /metrics, as client_golang writes it: families sorted by name. Each alert of the backlog has a
 * goroutine and takes 100 kB.
 */
export function sidekickText(
  { at, startedAt, events, accepted, rejected, outputs }: SidekickState,
  backlog = 0
): string {
  const prefix = 'falcosecurity_falcosidekick_';
  const seconds = (at - startedAt) / 1000;
  const wobble = Math.sin(at / 47_000);
  const plain = (value: number): Sample[] => [[{}, value]];
  return [
    family(
      `${prefix}falco_events_total`,
      'counter',
      '',
      events.map(({ hostname, rule, count }): Sample => [eventLabels(hostname, rule), count])
    ),
    family(
      `${prefix}inputs_total`,
      'counter',
      '',
      [accepted, rejected].flatMap((value, i): Sample[] =>
        value > 0 ? [[{ source: 'requests', status: i === 0 ? 'accepted' : 'rejected' }, value]] : []
      )
    ),
    family(
      `${prefix}outputs_total`,
      'counter',
      '',
      outputs.flatMap(({ destination, ok, error }): Sample[] =>
        Object.entries({ ok, error }).flatMap(([status, value]): Sample[] =>
          value > 0 ? [[{ destination, status }, value]] : []
        )
      )
    ),
    family(
      'go_goroutines',
      'gauge',
      'Number of goroutines that currently exist.',
      plain(Math.round(23 + 4 * wobble) + backlog)
    ),
    family('go_info', 'gauge', 'Information about the Go environment.', [[{ version: 'go1.25.1' }, 1]]),
    family('go_threads', 'gauge', 'Number of OS threads created.', plain(12)),
    family(
      'process_cpu_seconds_total',
      'counter',
      'Total user and system CPU time spent in seconds.',
      plain(Math.round(seconds * 0.4) / 100)
    ),
    family('process_open_fds', 'gauge', 'Number of open file descriptors.', plain(Math.round(17 + 3 * wobble))),
    family(
      'process_resident_memory_bytes',
      'gauge',
      'Resident memory size in bytes.',
      plain(4096 * Math.round(11_000 + 900 * wobble) + 100_000 * backlog)
    ),
    family(
      'process_start_time_seconds',
      'gauge',
      'Start time of the process since unix epoch in seconds.',
      plain(Math.round(startedAt / 10) / 100)
    ),
    family('promhttp_metric_handler_requests_in_flight', 'gauge', 'Current number of scrapes being served.', plain(1)),
    family(
      'promhttp_metric_handler_requests_total',
      'counter',
      'Total number of scrapes by HTTP status code.',
      [200, 500, 503].map((code, i): Sample => [{ code: String(code) }, i === 0 ? Math.floor(seconds / 15) : 0])
    ),
  ].join('');
}
