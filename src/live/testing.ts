import { type TargetStatus, type Target } from './BackendClient';

/** A target for tests. `answer` returns the body at a time in milliseconds since 1970; undefined when the scrape fails. */
export interface FakeTarget extends Omit<Target, 'facts'> {
  facts?: Target['facts'];
  answer(time: number): string | undefined;
  /** Overrides parts of its status. */
  live?: Partial<TargetStatus>;
}

/** The backend's side of live mode, for tests. Its history has a sample every 15 s. `skew` sets its clock apart. */
export class FakeBackend {
  readonly calls: Array<{ path: string; params: Record<string, string> }> = [];
  /** Paths that are refused, with status and reason. */
  refused = new Map<string, { status: number; error: string }>();
  reasons = { missing: [] as unknown[], besides: [] as unknown[], hints: [] as unknown[], passing: false };

  constructor(
    public targets: FakeTarget[],
    public skew = 3_600_000
  ) {}

  now(): number {
    return Date.now() + this.skew;
  }

  get = async (path: string, params: Record<string, string> = {}): Promise<unknown> => {
    this.calls.push({ path, params });
    const refused = this.refused.get(path);
    if (refused) {
      throw { status: refused.status, data: { error: refused.error } };
    }
    return { data: this.answer(path, params) };
  };

  /** Number of requests to a path. */
  count(path: string): number {
    return this.calls.filter((call) => call.path === path).length;
  }

  private answer(path: string, { ids = '', metrics, from, to }: Record<string, string>): unknown {
    const requested = ids.split(',').map((id) => ({ id, target: this.targets.find((target) => target.id === id) }));
    switch (path) {
      case 'targets':
        return this.targets.map(({ id, kind, labels, facts = {} }) => ({ id, kind, labels, facts }));
      case 'live':
        return { now: this.now(), targets: requested.map(({ id, target }) => this.live(id, target)) };
      case 'live/samples':
        return {
          now: this.now(),
          targets: requested.map(({ target }) =>
            target ? saved(target, Number(from), Number(to), metrics?.split(',')) : []
          ),
        };
      default:
        return this.reasons;
    }
  }

  private live(id: string, target: FakeTarget | undefined): TargetStatus {
    if (!target) {
      return { id, seconds: 0, state: 'unlisted', labels: {}, gauges: [] };
    }
    const { labels, live = {} } = target;
    const text = target.answer(this.now());
    const base: TargetStatus = { id, time: this.now(), seconds: 0.01, state: 'up', labels, gauges: [], text };
    const trouble = { severity: 'warning' as const, what: 'No metrics from', change: 'Connection refused.' };
    return { ...base, ...(text === undefined && { state: 'down', trouble }), ...live };
  }
}

/** A target's history. Its lines are `name value` or `name{…} value`. */
function saved({ labels, answer }: FakeTarget, from: number, to: number, metrics?: string[]) {
  const series = new Map<string, { labels: Record<string, string>; times: number[]; values: number[] }>();
  for (let time = Math.ceil(from / 15_000) * 15_000; time <= to; time += 15_000) {
    const lines = [`up ${answer(time) === undefined ? 0 : 1}`, ...(answer(time)?.trim().split('\n') ?? [])];
    for (const [, name = '', labelText = '', value] of lines.map(
      (line) => /^(\w+)(?:\{(.*)\})? (.+)$/.exec(line) ?? []
    )) {
      const pairs = [...labelText.matchAll(/(\w+)="([^"]*)"/g)].map(([, label, text]) => [label, text]);
      const stored = series.get(name + labelText) ?? {
        labels: { __name__: name, ...Object.fromEntries(pairs), ...labels },
        times: [] as number[],
        values: [] as number[],
      };
      stored.times.push(time);
      stored.values.push(Number(value));
      series.set(name + labelText, stored);
    }
  }
  return [...series.values()].filter(({ labels }) => metrics?.includes(labels['__name__']!) ?? true);
}

/** A Falco that has handled 100 events per second since 1970, and has dropped some of them since `begin`. */
export function falco(
  node: string,
  losing: { begin: number; perSecond: number } = { begin: Infinity, perSecond: 0 }
): FakeTarget {
  return {
    id: `id-${node}`,
    kind: 'falco',
    labels: { cluster: 'demo', node },
    facts: { version: '0.44.1', engine: 'modern_bpf', kernel: '6.8' },
    answer: (time) => {
      const lost = (Math.max(0, time - losing.begin) / 1000) * losing.perSecond;
      return `falcosecurity_scap_n_evts_total ${time / 10}\nfalcosecurity_scap_n_drops_total ${lost}\nfalcosecurity_falco_memory_rss_bytes ${time % 60_000}\n`;
    },
  };
}
