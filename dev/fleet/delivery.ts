/** Posts the alerts of the simulated nodes to the alert receiver, directly or through a stand-in for Falcosidekick. */
import { type Alert, alertOf, drawDelay, type Way, wayOf } from './alerts';
import { life } from './life';
import { messageOf, SNAPSHOT_INTERVAL } from './messages';
import { type Node } from './node';
import { random, type Random } from './random';
import { type Arrival, post, ReceiverClient } from './receiverClient';
import { type Rule, SNAPSHOT_MESSAGE } from './rules';
import { sentAlerts, sidekickState } from './sidekick';
import { type Payload, SidekickServer } from './sidekickServer';
import { type Simulation } from './simulation';

export interface DeliveryOptions {
  /** URL of the alert receiver, and its shared secret. */
  url: string;
  secret: string;
  seed: string;
  simulation: Simulation;
  /** URL at which the stand-in for Falcosidekick listens. */
  sidekickUrl: string;
  now: () => number;
}

/** What truly happened to the alerts of a node. */
export interface DeliveryTruth extends Pick<Way, 'path' | 'clockAheadSeconds'> {
  node: string;
  /** Alerts that Falco's outputs queue passed on, by what became of them. */
  raised: number;
  /** On the way. */
  pending: number;
  /** Accepted by the receiver; each counts once. */
  arrived: number;
  /** Not sent by Falco. */
  lostByFalco: number;
  /** Not sent by Falcosidekick's webhook. */
  lostByFalcosidekick: number;
  /** Not accepted by the receiver or by Falcosidekick. */
  refused: number;
  /** Alerts that the receiver accepted twice. */
  duplicates: number;
  /** Delivery times of the last alerts that arrived, in ascending order: each lies between two bounds. */
  leastSeconds: number[];
  mostSeconds: number[];
}

/** Interval in milliseconds at which new alerts are looked for. */
const TICK = 500;

/** Number of the last alerts of a node whose delivery times are kept. */
const KEPT = 10_000;

interface Sender {
  node: Node;
  way: Way;
  next: Random;
  /** Alerts sent by rule until the last tick. */
  sent: Map<Rule, number>;
  snapshots: number;
  counts: Omit<DeliveryTruth, 'node' | 'path' | 'clockAheadSeconds' | 'pending' | 'leastSeconds' | 'mostSeconds'>;
  times: Array<{ least: number; most: number }>;
}

/** Sends alerts from the moment at which the server of the receiver responds, until it is closed. */
export class Delivery {
  readonly sidekick: SidekickServer;
  private readonly client: ReceiverClient;
  private readonly senders: Sender[];
  /** When alerts that are on the way were raised, by {@link keyOf}. */
  private readonly raisedAt = new Map<string, number>();
  private readonly waiting = new Set<NodeJS.Timeout>();
  private readonly posting = new Set<Promise<void>>();
  private readonly abort = new AbortController();
  private timer: NodeJS.Timeout | undefined;
  private closed = false;
  private ticked = 0;
  private number = 0;

  constructor(private readonly options: DeliveryOptions) {
    const { simulation, seed, url, secret, now } = options;
    this.client = new ReceiverClient(url, secret, now);
    this.senders = simulation.nodes.map((node, index) => ({
      node,
      way: { ...wayOf(seed, node.spec.name, index), ...node.spec.way },
      next: random(`${seed}/${node.spec.name}/alerts`),
      sent: new Map(),
      snapshots: 0,
      counts: { raised: 0, arrived: 0, lostByFalco: 0, lostByFalcosidekick: 0, refused: 0, duplicates: 0 },
      times: [],
    }));
    const through = this.senders.filter(({ way }) => way.path === 'falcosidekick').map(({ node }) => node);
    this.sidekick = new SidekickServer({
      seed,
      counted: sidekickState(through, simulation.start, simulation.start, simulation.failing),
      failing: simulation.failing,
      webhook: (payload) => this.forward(payload),
      now,
    });
    void this.client.ready(this.abort.signal).then(() => this.start());
  }

  /** What truly happened so far. */
  truth(): DeliveryTruth[] {
    return this.senders.map(({ node, way, counts, times }) => {
      const { raised, arrived, lostByFalco, lostByFalcosidekick, refused } = counts;
      return {
        node: node.spec.name,
        path: way.path,
        clockAheadSeconds: way.clockAheadSeconds,
        ...counts,
        pending: raised - arrived - lostByFalco - lostByFalcosidekick - refused,
        leastSeconds: times.map(({ least }) => least).sort((a, b) => a - b),
        mostSeconds: times.map(({ most }) => most).sort((a, b) => a - b),
      };
    });
  }

  /** Stops sending, and drops the alerts on the way. Resolves when the last request has ended. */
  async close(): Promise<void> {
    this.abort.abort();
    clearInterval(this.timer);
    this.closed = true;
    this.waiting.forEach(clearTimeout);
    await Promise.all(this.posting);
    await this.sidekick.idle();
  }

  private start(): void {
    if (this.abort.signal.aborted) {
      return;
    }
    this.ticked = this.options.now();
    for (const sender of this.senders) {
      sender.sent = this.sentBy(sender, this.ticked);
      sender.snapshots = this.snapshotsBy(sender, this.ticked);
    }
    this.timer = setInterval(() => this.tick(), TICK);
  }

  private sentBy({ node }: Sender, at: number): Map<Rule, number> {
    return sentAlerts(node, at - this.options.simulation.start, 1);
  }

  /** Counts intervals, which end at another moment on each node. */
  private snapshotsBy({ node }: Sender, at: number): number {
    return Math.floor(at / SNAPSHOT_INTERVAL + random(`${node.spec.name}/snapshots`)());
  }

  /** Raises what the counters of the nodes have counted since the last tick. */
  private tick(): void {
    const [from, to] = [this.ticked, this.options.now()];
    this.ticked = to;
    for (const sender of this.senders) {
      const { node, next } = sender;
      const sent = this.sentBy(sender, to);
      for (const [rule, count] of sent) {
        for (let more = count - (sender.sent.get(rule) ?? 0); more > 0; more--) {
          this.raise(sender, rule, from + (to - from) * next());
        }
      }
      sender.sent = sent;
      const snapshots = this.snapshotsBy(sender, to);
      if (snapshots > sender.snapshots && this.writesSnapshot(node, to)) {
        this.raise(sender, SNAPSHOT_MESSAGE, to);
      }
      sender.snapshots = snapshots;
    }
  }

  /** Falco writes a snapshot when an event arrives after the end of an interval. */
  private writesSnapshot(node: Node, at: number): boolean {
    const { phase } = life(node.spec, at - this.options.simulation.start);
    return phase === 'up' && node.at(at).delivered !== node.at(at - 1000).delivered;
  }

  private raise(sender: Sender, rule: Rule, at: number): void {
    const { node, way, next, counts } = sender;
    const ahead = 1000 * way.clockAheadSeconds;
    const number = this.number++;
    const alert =
      rule.source === 'internal'
        ? messageOf(node, rule, at, number, ahead)
        : alertOf(node.spec.name, rule, at + ahead, number);
    counts.raised++;
    const delay = drawDelay(way, next);
    if (next() < (node.spec.wayLoss ?? way.loss)) {
      counts.lostByFalco++;
      return;
    }
    const timer = setTimeout(
      () => {
        this.waiting.delete(timer);
        this.raisedAt.set(keyOf(alert), at);
        const sending = this.send(sender, alert).finally(() => this.posting.delete(sending));
        this.posting.add(sending);
      },
      at + 1000 * delay - this.options.now()
    );
    this.waiting.add(timer);
  }

  private async send(sender: Sender, alert: Alert): Promise<void> {
    if (sender.way.path === 'falco') {
      const copies = this.copiesOf(sender);
      this.settle(sender, alert, copies, await this.client.fromFalco(alert, copies));
    } else if (!(await post(this.options.sidekickUrl, alert))) {
      sender.counts.refused++;
      this.raisedAt.delete(keyOf(alert));
    }
  }

  /** Falcosidekick's webhook. */
  private async forward(payload: Payload): Promise<boolean> {
    if (this.closed) {
      return false;
    }
    const sender = this.senders.find(({ node }) => node.spec.name === payload.hostname);
    if (!sender) {
      return false;
    }
    if (sender.next() < sender.way.failures) {
      sender.counts.lostByFalcosidekick++;
      this.raisedAt.delete(keyOf(payload));
      return false;
    }
    const copies = this.copiesOf(sender);
    return this.settle(sender, payload, copies, await this.client.fromFalcosidekick(payload, copies));
  }

  private copiesOf({ way, next }: Sender): number {
    return next() < way.duplicates ? 2 : 1;
  }

  /** Counts what became of an alert. */
  private settle({ counts, times }: Sender, alert: Alert, copies: number, arrival: Arrival | undefined): boolean {
    const raisedAt = this.raisedAt.get(keyOf(alert))!;
    this.raisedAt.delete(keyOf(alert));
    if (!arrival) {
      counts.refused++;
      return false;
    }
    counts.arrived++;
    counts.duplicates += copies - 1;
    times.push({ least: (arrival.sentAt - raisedAt) / 1000, most: (arrival.respondedAt - raisedAt) / 1000 });
    if (times.length > KEPT) {
      times.shift();
    }
    return true;
  }
}

/** The time of an alert contains its number. */
function keyOf({ hostname, time }: Pick<Alert, 'hostname' | 'time'>): string {
  return `${hostname} ${time}`;
}
