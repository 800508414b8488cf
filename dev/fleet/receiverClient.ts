/** Sends alerts to the alert receiver, in Falco's and in Falcosidekick's way, and records when they arrived. */
import { type Alert } from './alerts';

/** When an alert arrived, in milliseconds since 1970: between the two times. */
export interface Arrival {
  sentAt: number;
  respondedAt: number;
}

export class ReceiverClient {
  constructor(
    private readonly url: string,
    private readonly secret: string,
    private readonly now: () => number
  ) {}

  /** Waits until the server of the receiver responds, or until `signal` aborts. */
  async ready(signal: AbortSignal): Promise<void> {
    while (!signal.aborted && !(await fetch(new URL('/api/health', this.url), { signal }).catch(() => undefined))?.ok) {
      await new Promise((next) => setTimeout(next, 250));
    }
  }

  /** Sends like Falco's http_output, which cannot send headers. */
  fromFalco(alert: Alert, copies: number): Promise<Arrival | undefined> {
    return this.send(`${this.url}?${new URLSearchParams({ secret: this.secret }).toString()}`, alert, {}, copies);
  }

  /** Sends like Falcosidekick's webhook output with `customheaders`. */
  fromFalcosidekick(payload: object, copies: number): Promise<Arrival | undefined> {
    return this.send(this.url, payload, { 'X-Falco-Receiver-Secret': this.secret }, copies);
  }

  /** Resolves to undefined if the receiver did not accept every copy. */
  private async send(url: string, body: object, headers: Record<string, string>, copies: number) {
    let arrival: Arrival | undefined;
    for (let copy = 0; copy < copies; copy++) {
      const sentAt = this.now();
      if (!(await post(url, body, headers))) {
        return undefined;
      }
      arrival ??= { sentAt, respondedAt: this.now() };
    }
    return arrival;
  }
}

/** Posts JSON. Resolves to whether the server accepted it. */
export async function post(url: string, body: object, headers: Record<string, string> = {}): Promise<boolean> {
  const response = await fetch(url, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json', ...headers },
    body: JSON.stringify(body),
  }).catch(() => undefined);
  await response?.arrayBuffer(); // frees the connection
  return response?.ok ?? false;
}
