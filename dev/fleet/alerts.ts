/** The alerts of a simulated Falco, and what happens to each on its way to the alert receiver. */
import { random, type Random } from './random';
import { PRIORITIES, RULES } from './rules';

export type AlertPath = 'falco' | 'falcosidekick';

/** How the alerts of a node arrive. */
export interface Way {
  path: AlertPath;
  /** Median delivery time in seconds, and the factor between the median and the 84th percentile. */
  medianSeconds: number;
  spread: number;
  /** Share of the alerts that never arrive, and of those that arrive twice. */
  loss: number;
  duplicates: number;
}

/** An alert, as Falco writes it with `json_output: true`. */
export interface Alert {
  hostname: string;
  output: string;
  priority: string;
  rule: string;
  source: string;
  tags: string[];
  time: string;
  output_fields: Record<string, string | number>;
}

export interface SimulatedAlert {
  alert: Alert;
  /** The true delivery time. */
  delaySeconds: number;
  /** How often it is sent: 0 if it is lost, 2 if it is a duplicate. */
  copies: number;
}

/** The way of each node: every other one sends through Falcosidekick, and delays grow from node to node. */
export function wayOf(seed: string, node: string, index: number): Way {
  const next = random(`${seed}/${node}/way`);
  return {
    path: index % 2 === 0 ? 'falco' : 'falcosidekick',
    medianSeconds: 0.2 * 3 ** (index % 4) * (0.8 + 0.4 * next()),
    spread: 1.5 + next(),
    loss: 0.1 * next(),
    duplicates: 0.1 * next(),
  };
}

/** The alerts of one node, one after the other: the same seed gives the same delays, losses and duplicates. */
export class AlertSequence {
  private readonly next: Random;
  private number = 0;

  constructor(
    seed: string,
    private readonly node: string,
    private readonly way: Way
  ) {
    this.next = random(`${seed}/${node}/alerts`);
  }

  /** The next alert, which arrives at `now`, in milliseconds since 1970. */
  take(now: number): SimulatedAlert {
    const { medianSeconds, spread, loss, duplicates } = this.way;
    // Box-Muller: a normal exponent makes delays log-normal, as queueing delays roughly are.
    const normal = Math.sqrt(-2 * Math.log(1 - this.next())) * Math.cos(2 * Math.PI * this.next());
    const delaySeconds = medianSeconds * spread ** normal;
    const fate = this.next();
    const rule = RULES[Math.floor(this.next() * RULES.length)]!;
    // Falco writes nanoseconds. The number of the alert keeps the times of two alerts apart.
    const millis = Math.floor(now - 1000 * delaySeconds);
    const nanos = String(this.number++ % 1_000_000).padStart(6, '0');
    return {
      alert: {
        hostname: this.node,
        output: `${rule.name} (simulated)`,
        priority: PRIORITIES[rule.priority]!.replace(/^./, (first) => first.toUpperCase()),
        rule: rule.name,
        source: rule.source,
        tags: rule.tags,
        time: new Date(millis).toISOString().replace('Z', `${nanos}Z`),
        output_fields: { 'evt.type': 'execve' },
      },
      delaySeconds,
      copies: fate < loss ? 0 : fate < loss + duplicates ? 2 : 1,
    };
  }
}
