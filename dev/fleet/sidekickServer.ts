/**
 * A stand-in for Falcosidekick: accepts Falco's alerts over HTTP, sends each to its webhook, and counts what it did. Like the
 * original, it sends one request at a time by default, keeps the others in memory, and never
 * repeats one.
 */
import { randomUUID } from 'node:crypto';
import { type IncomingMessage, type ServerResponse } from 'node:http';
import { type Alert } from './alerts';
import { respond } from './answers';
import { random, type Random } from './random';
import { PRIORITIES } from './rules';
import { DESTINATIONS, sidekickText, type SidekickState } from './sidekick';

/** What the webhook output sends. */
export type Payload = Alert & { uuid: string };

export interface SidekickOptions {
  seed: string;
  /** What it had counted before. */
  counted: SidekickState;
  /** Share of the alerts that a destination rejects, if it differs from the usual one. */
  failing: Record<string, number>;
  /** Sends an alert to the webhook. Resolves to whether the webhook accepted it. */
  webhook: (payload: Payload) => Promise<boolean>;
  now: () => number;
}

type Status = 'ok' | 'error';

export class SidekickServer {
  private readonly next: Random;
  private readonly events: Map<string, SidekickState['events'][number]>;
  private readonly outputs: Map<string, Record<Status, number>>;
  private accepted: number;
  private rejected: number;
  /** Settles when the last alert has been sent. */
  private sending: Promise<void> = Promise.resolve();

  constructor(private readonly options: SidekickOptions) {
    const { counted, seed } = options;
    this.next = random(`${seed}/falcosidekick`);
    this.events = new Map(counted.events.map((event) => [`${event.hostname}/${event.rule.name}`, { ...event }]));
    this.outputs = new Map(counted.outputs.map(({ destination, ok, error }) => [destination, { ok, error }]));
    this.accepted = counted.accepted;
    this.rejected = counted.rejected;
  }

  state(): SidekickState {
    return {
      at: this.options.now(),
      startedAt: this.options.counted.startedAt,
      events: [...this.events.values()],
      accepted: this.accepted,
      rejected: this.rejected,
      outputs: [...this.outputs].map(([destination, counts]) => ({ destination, ...counts })),
    };
  }

  readonly handle = (request: IncomingMessage, response: ServerResponse): void => {
    if (request.url?.split('?')[0] === '/metrics') {
      return respond(response, sidekickText(this.state()));
    }
    let body = '';
    request.setEncoding('utf8').on('data', (chunk: string) => (body += chunk));
    request.on('end', () => {
      const good = request.method === 'POST' && this.accept(body);
      response.writeHead(good ? 200 : 400, { 'Content-Length': 0 }).end();
    });
  };

  /** Resolves when every alert that was accepted has been sent. */
  async idle(): Promise<void> {
    await this.sending;
  }

  private accept(body: string): boolean {
    let alert: Alert;
    try {
      alert = JSON.parse(body) as Alert;
    } catch {
      this.rejected++;
      return false;
    }
    this.count(alert);
    // Falcosidekick counts an alert without output fields as an event, and rejects it.
    if (!alert.rule || !alert.time || Object.keys(alert.output_fields ?? {}).length === 0) {
      this.rejected++;
      return false;
    }
    this.accepted++;
    const payload = { uuid: randomUUID(), ...alert };
    for (const { name, upTo, refused } of DESTINATIONS) {
      if (digitOf(alert) <= upTo) {
        this.countOutput(name, this.next() >= (this.options.failing[name] ?? refused));
      }
    }
    this.sending = this.sending.then(async () => this.countOutput('webhook', await this.options.webhook(payload)));
    return true;
  }

  private count(alert: Alert): void {
    const key = `${alert.hostname}/${alert.rule}`;
    const event = this.events.get(key) ?? {
      hostname: alert.hostname,
      rule: {
        name: alert.rule,
        priority: digitOf(alert),
        source: alert.source,
        tags: alert.tags ?? [],
        perHour: 0,
        container: typeof alert.output_fields['k8s.pod.name'] === 'string',
      },
      count: 0,
    };
    event.count++;
    this.events.set(key, event);
  }

  private countOutput(destination: string, accepted: boolean): void {
    const counts = this.outputs.get(destination) ?? { ok: 0, error: 0 };
    counts[accepted ? 'ok' : 'error']++;
    this.outputs.set(destination, counts);
  }
}

/** Falco's digit for the priority of an alert. */
function digitOf({ priority }: Alert): number {
  return (PRIORITIES as readonly string[]).indexOf(priority.toLowerCase());
}
