/** Falco's alerts as JSON, and what happens to each on its way to the alert receiver. */
import { random, type Random } from './random';
import { podOf, PRIORITIES, type Rule } from './rules';

export type AlertPath = 'falco' | 'falcosidekick';

/** How the alerts of a node arrive. */
export interface Way {
  path: AlertPath;
  /** Median of the time that an alert waits before it is sent, and the factor between the median and the 84th percentile. */
  medianSeconds: number;
  spread: number;
  /** Share of the alerts that Falco fails to send. */
  loss: number;
  /** Share of the alerts that Falcosidekick's webhook fails to send; without meaning on the path `falco`. */
  failures: number;
  /** Share of the alerts that are sent twice. */
  duplicates: number;
  /** Difference between the clock of the node and that of Grafana. */
  clockAheadSeconds: number;
}

/** An alert, as Falco writes it with `json_output: true`. */
export interface Alert {
  hostname: string;
  output: string;
  output_fields: Record<string, string | number | null>;
  priority: string;
  rule: string;
  source: string;
  /** Falco's own messages have none. */
  tags?: string[];
  time: string;
}

/** The way of each node: every third one sends directly, and delays grow from node to node. */
export function wayOf(seed: string, node: string, index: number): Way {
  const next = random(`${seed}/${node}/way`);
  return {
    path: index % 3 === 2 ? 'falco' : 'falcosidekick',
    medianSeconds: 0.2 * 3 ** (index % 4) * (0.8 + 0.4 * next()),
    spread: 1.5 + next(),
    loss: 0.02 * next(),
    failures: 0.02 * next(),
    duplicates: 0.02 * next(),
    clockAheadSeconds: 0,
  };
}

/** Draws how long an alert waits: log-normal, as queueing delays roughly are. */
export function drawDelay({ medianSeconds, spread }: Way, next: Random): number {
  // Box-Muller.
  const normal = Math.sqrt(-2 * Math.log(1 - next())) * Math.cos(2 * Math.PI * next());
  return medianSeconds * spread ** normal;
}

/**
 * An alert of a rule. `at` is the time of the event by the clock of the node, in milliseconds since 1970. `number` tells
 * apart the alerts of a millisecond, because Falco writes nanoseconds.
 */
export function alertOf(node: string, rule: Rule, at: number, number: number): Alert {
  const nanos = String(number % 1_000_000).padStart(6, '0');
  const pod = rule.container ? podOf(node) : undefined;
  return {
    hostname: node,
    output: `${rule.name} (simulated)`,
    output_fields: {
      'evt.time': Number(BigInt(Math.floor(at)) * 1_000_000n + BigInt(number % 1_000_000)),
      'evt.type': 'execve',
      'k8s.ns.name': pod?.namespace ?? null,
      'k8s.pod.name': pod?.name ?? null,
    },
    priority: PRIORITIES[rule.priority]!.replace(/^./, (first) => first.toUpperCase()),
    rule: rule.name,
    source: rule.source,
    tags: rule.tags,
    time: new Date(Math.floor(at)).toISOString().replace('Z', `${nanos}Z`),
  };
}
