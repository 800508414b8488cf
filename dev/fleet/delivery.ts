/** Posts the alerts of the simulated nodes to the alert receiver, directly and through a stand-in for Falcosidekick. */
import { randomUUID } from 'node:crypto';
import { type Alert, type AlertPath, AlertSequence, type Way, wayOf } from './alerts';

export interface DeliveryOptions {
  /** URL of the alert receiver, and its shared secret. */
  url: string;
  secret: string;
  seed: string;
  nodes: string[];
  /** Alerts per second of each node. */
  perSecond: number;
  now: () => number;
}

/** What truly happened to the alerts of a node. */
export interface DeliveryTruth {
  node: string;
  path: AlertPath;
  raised: number;
  arrived: number;
  duplicates: number;
  /** Delivery times of the alerts that arrived, in ascending order. */
  delaysSeconds: number[];
  /** The same until the response to the post, which is an upper bound of what the receiver measured. */
  responsesSeconds: number[];
  /** Posts that the receiver did not accept. They count as raised only. */
  failed: number;
}

/** Sends one alert. Returns whether the receiver accepted it. */
type Send = (alert: Alert, copies: number) => Promise<boolean>;

async function post(url: string, body: object, headers: Record<string, string>): Promise<boolean> {
  const response = await fetch(url, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json', ...headers },
    body: JSON.stringify(body),
  });
  await response.arrayBuffer(); // frees the connection
  return response.ok;
}

/** Sends like Falco's http_output, which cannot send headers. */
function falco({ url, secret }: DeliveryOptions): Send {
  const target = `${url}?${new URLSearchParams({ secret }).toString()}`;
  return async (alert, copies) => {
    let accepted = true;
    for (let copy = 0; copy < copies; copy++) {
      accepted = (await post(target, alert, {})) && accepted;
    }
    return accepted;
  };
}

/** Sends like Falcosidekick's webhook output: with a UUID, and the secret in a header. */
function falcosidekick({ url, secret }: DeliveryOptions): Send {
  return async (alert, copies) => {
    const payload = { uuid: randomUUID(), ...alert };
    let accepted = true;
    for (let copy = 0; copy < copies; copy++) {
      accepted = (await post(url, payload, { 'X-Falco-Receiver-Secret': secret })) && accepted;
    }
    return accepted;
  };
}

function ascending(numbers: number[]): number[] {
  return [...numbers].sort((a, b) => a - b);
}

interface Sender {
  way: Way;
  sequence: AlertSequence;
  send: Send;
  truth: DeliveryTruth;
}

/** Sends alerts until it is closed. */
export class Delivery {
  private readonly senders: Sender[];
  private readonly timer: NodeJS.Timeout;
  private sending: Promise<void> = Promise.resolve();
  private closed = false;

  constructor(private readonly options: DeliveryOptions) {
    const sends: Record<AlertPath, Send> = { falco: falco(options), falcosidekick: falcosidekick(options) };
    this.senders = options.nodes.map((node, index) => {
      const way = wayOf(options.seed, node, index);
      const truth = {
        node,
        path: way.path,
        raised: 0,
        arrived: 0,
        duplicates: 0,
        delaysSeconds: [],
        responsesSeconds: [],
        failed: 0,
      };
      return { way, sequence: new AlertSequence(options.seed, node, way), send: sends[way.path], truth };
    });
    this.timer = setInterval(() => {
      this.sending = this.sending.then(() => this.sendAll());
    }, 1000);
  }

  /** What truly happened so far. */
  truth(): DeliveryTruth[] {
    return this.senders.map(({ truth }) => ({
      ...truth,
      delaysSeconds: ascending(truth.delaysSeconds),
      responsesSeconds: ascending(truth.responsesSeconds),
    }));
  }

  /** Stops sending. Resolves when the last post has ended. */
  async close(): Promise<void> {
    this.closed = true;
    clearInterval(this.timer);
    await this.sending;
  }

  private async sendAll(): Promise<void> {
    await Promise.all(this.senders.map((sender) => this.sendSome(sender)));
  }

  /** The alerts of a node follow each other, as in Falco. */
  private async sendSome({ sequence, send, truth }: Sender): Promise<void> {
    for (let i = 0; i < this.options.perSecond && !this.closed; i++) {
      const sentAt = this.options.now();
      const { alert, delaySeconds, copies } = sequence.take(sentAt);
      truth.raised++;
      if (copies === 0) {
        continue;
      }
      if (await send(alert, copies).catch(() => false)) {
        truth.arrived++;
        truth.duplicates += copies - 1;
        truth.delaysSeconds.push(delaySeconds);
        truth.responsesSeconds.push(delaySeconds + (this.options.now() - sentAt) / 1000);
      } else {
        truth.failed++;
      }
    }
  }
}
