import { hasEnterEvents, programs, type Program } from './engines';
import { life, type Generation, type Phase } from './life';
import { random } from './random';
import { type Rule } from './rules';
import { type NodeSpec } from './spec';
import { Wave } from './wave';

/** Kernel counters of one CPU since the capture opened. */
export interface CpuCounters {
  events: number;
  /** Lost because the ring buffer was full. */
  bufferDrops: number;
  /** Lost for another reason; not included in `bufferDrops`. */
  otherDrops: number;
}

/**
 * What a Falco counts, at one moment. Counters are whole numbers; times are milliseconds since
 * 1970.
 */
export interface NodeState {
  spec: NodeSpec;
  at: number;
  phase: Phase;
  generation: number;
  startedAt: number;
  loadedAt: number;
  openedAt: number;
  hostBootAt: number;
  /** Online CPUs only. */
  cpus: CpuCounters[];
  /** Syscalls of the host since the capture opened: runs of sys_exit. */
  syscalls: number;
  programs: Array<{ name: string; runs: number; nanoseconds: number }>;
  /** Events that userspace has read. */
  delivered: number;
  /** Falco's own CPU seconds since its process started. */
  cpuSeconds: number;
  hostCpuRatio: number;
  hostLoad: number;
  threads: { initial: number; added: number; removed: number; table: number; refused: number };
  fds: { initial: number; added: number; removed: number; open: number };
  rssKiB: number;
  /** Rules with at least one match, in load order. */
  matches: Array<{ rule: Rule; count: number }>;
  queueDrops: number;
  containers: number;
}

/**
 * Events and losses per second; losses are for the square of the load. Both also for each second of
 * a burst.
 */
interface Rates {
  events: number;
  lost: number;
  burstEvents: number;
  burstLost: number;
}

const THREAD_LIFE = 60;
const FD_LIFE = 40;

/**
 * What the CPU with this share of the node's events handles and loses: all events above what
 * userspace keeps up with.
 */
function rates(spec: NodeSpec, share: number): Rates {
  const events = spec.syscallsPerCpu * spec.cpus * spec.take * share;
  const factor = spec.burst?.factor ?? 1;
  const lost = Math.max(0, events - spec.capacityPerCpu);
  const lostInBurst = Math.max(0, events * factor - spec.capacityPerCpu);
  return { events, lost, burstEvents: events * (factor - 1), burstLost: lostInBurst - lost };
}

function total(all: Rates[]): Rates {
  const sum = (pick: keyof Rates) => all.reduce((so, rates) => so + rates[pick], 0);
  return { events: sum('events'), lost: sum('lost'), burstEvents: sum('burstEvents'), burstLost: sum('burstLost') };
}

/** The load of a node and its effect on Falco: a pure function of time. */
export class Node {
  private readonly syscallWave: Wave;
  private readonly eventWave: Wave;
  private readonly weights: number[];
  private cpuRates: Rates[];
  private nodeRates: Rates;
  private readonly programs: Program[];
  private readonly ruleWaves: Array<{ rule: Rule; perSecond: number; phase: number; wave: Wave }>;
  private readonly initialThreads: number;
  private readonly bootedEarlierMs: number;

  /** `start`: start of the fleet in milliseconds since 1970. */
  constructor(
    readonly spec: NodeSpec,
    seed: string,
    private readonly start: number
  ) {
    const own = `${seed}/${spec.hostOf ?? spec.name}`;
    const next = random(own);
    const dayPhase = (2 * Math.PI * ((start / 1000) % 86_400)) / 86_400 - Math.PI / 2;
    this.syscallWave = new Wave(`${own}/load`, spec.variation, dayPhase);
    this.eventWave = new Wave(`${own}/events`, spec.variation, dayPhase);
    const weights = Array.from({ length: spec.cpus }, () => 1 + spec.skew * (2 * next() - 1));
    const sum = weights.reduce((a, b) => a + b, 0);
    this.weights = weights.map((weight) => weight / sum);
    this.cpuRates = this.weights.map((weight) => rates(spec, weight));
    this.nodeRates = total(this.cpuRates);
    this.programs = programs(spec);
    // Hosts boot at different times, within an hour.
    this.bootedEarlierMs = 1000 * Math.floor(3600 * random(`${own}/boot`)());
    this.initialThreads = Math.floor(700 + 90 * spec.cpus + 200 * next()) + (spec.deadThreads ?? 0);
    this.ruleWaves = spec.rules.map((rule) => ({
      rule,
      perSecond: (rule.perHour * spec.noise * (0.4 + 1.4 * next())) / 3600,
      phase: next(),
      wave: new Wave(`${own}/${rule.name}`, 0.8, dayPhase),
    }));
  }

  /**
   * From a time on (milliseconds since 1970), the node has twice its events and loses this share of
   * them; earlier counts do not change. For nodes without losses of their own.
   */
  overload(time: number, share: number): void {
    const from = time - this.start;
    const now = this.eventWave.value(from / 1000);
    this.spec.burst = { from, to: Infinity, factor: 2 };
    this.cpuRates = this.weights.map((weight) => {
      const { events, lost } = rates({ ...this.spec, burst: undefined }, weight);
      return { events, lost, burstEvents: events, burstLost: share * (events * now + events) - lost * now ** 2 };
    });
    this.nodeRates = total(this.cpuRates);
  }

  /** All counters of the node at a time in milliseconds since 1970. */
  at(time: number): NodeState {
    const hangs = this.start + (this.spec.hangsAt ?? Infinity);
    // A hung event loop refreshes nothing, but the web server still serves duration.
    return time > hangs ? { ...this.countersAt(hangs), at: time } : this.countersAt(time);
  }

  private countersAt(time: number): NodeState {
    const { spec } = this;
    const ms = time - this.start;
    const now = life(spec, ms);
    const t = ms / 1000;
    const opened = now.openedAt / 1000;
    // A stalled userspace is frozen; the kernel continues.
    const user = Math.max(opened, Math.min(ms, spec.stalledAt ?? Infinity) / 1000);
    const kernel = Math.max(opened, t);

    const cpus = this.cpuCounters(opened, kernel, user);
    const drops = cpus.reduce((sum, cpu) => sum + cpu.bufferDrops + cpu.otherDrops, 0);
    const read = (from: number, to: number) => this.deliveredTotal(to) - this.deliveredTotal(from);
    const threads = this.threads(opened, user, read, drops);
    const fds = this.fds(opened, user, read);
    const started = now.startedAt / 1000;
    const hostBootAt =
      Math.floor((this.start - (spec.uptimeHours + 197) * 3_600_000 - this.bootedEarlierMs) / 1000) * 1000;
    const boot = (hostBootAt - this.start) / 1000;
    const busy = Math.min(0.85, 0.06 + spec.syscallsPerCpu / 90_000);
    const matches = this.matches(now, ms);
    return {
      spec,
      at: time,
      phase: now.phase,
      generation: now.number,
      startedAt: this.start + now.startedAt,
      loadedAt: this.start + now.loadedAt,
      openedAt: this.start + now.openedAt,
      hostBootAt,
      cpus,
      syscalls: Math.floor(this.syscallTotal(kernel) - this.syscallTotal(opened)),
      programs: this.programCounters(opened, kernel, threads.initial, fds.initial),
      delivered: Math.floor(read(opened, user)),
      cpuSeconds: 0.9 + 0.011 * Math.max(0, user - started) + spec.cpuPerEvent * read(started, user),
      hostCpuRatio: (busy * (this.syscallWave.area(t) - this.syscallWave.area(boot))) / (t - boot),
      hostLoad: busy * this.syscallWave.value(t),
      threads,
      fds,
      rssKiB:
        4 *
        Math.round(
          (78_000 +
            14 * threads.table +
            4_000 * this.eventWave.value(user) +
            900 * spec.cpus +
            this.extraMemory(user)) /
            4
        ),
      matches: matches.filter(({ count }) => count > 0),
      queueDrops: matches.reduce((sum, { count }) => sum + this.lost(count), 0),
      containers: Math.round(14 + 5 * (this.eventWave.value(t - (t % 60)) - 1) + spec.cpus / 4),
    };
  }

  /**
   * Alerts of one rule that left the outputs queue, over one generation up to `ms` from the start
   * of the fleet.
   */
  sent(generation: Generation, ms: number): Array<{ rule: Rule; count: number }> {
    return this.matches(generation, Math.min(ms, generation.endsAt)).map(({ rule, count }) => ({
      rule,
      count: count - this.lost(count),
    }));
  }

  private lost(count: number): number {
    return Math.floor(count * this.spec.queueLoss);
  }

  private matches({ openedAt }: Generation, ms: number): Array<{ rule: Rule; count: number }> {
    const until = Math.max(openedAt, Math.min(ms, this.spec.stalledAt ?? Infinity));
    return this.ruleWaves.map(({ rule, perSecond, phase, wave }) => {
      const total = (at: number) =>
        Math.floor((rule.everySeconds ? at / 1000 / rule.everySeconds : perSecond * wave.area(at / 1000)) + phase);
      return { rule, count: total(until) - total(openedAt) };
    });
  }

  private extraMemory(t: number): number {
    const { extra, growth } = this.spec.memory ?? { extra: 0, growth: 0 };
    return extra + growth * Math.max(0, t);
  }

  /** Seconds of bursts before t. */
  private burstSeconds(t: number): number {
    const { burst } = this.spec;
    if (!burst || t * 1000 < burst.from) {
      return 0;
    }
    const { every = Infinity } = burst;
    const since = t * 1000 - burst.from;
    const passed = Math.floor(since / every);
    const inThis = passed > 0 ? since % every : since;
    const before = passed > 0 ? passed * (burst.to - burst.from) : 0;
    return (before + Math.min(inThis, burst.to - burst.from)) / 1000;
  }

  private syscallTotal(t: number): number {
    const { spec } = this;
    const burst = ((spec.burst?.factor ?? 1) - 1) * this.burstSeconds(t);
    return spec.syscallsPerCpu * spec.cpus * (this.syscallWave.area(t) + burst);
  }

  private cpuCounters(opened: number, kernel: number, user: number): CpuCounters[] {
    const { otherLoss } = this.spec;
    const { eventWave } = this;
    const lossy = this.nodeRates.lost > 0;
    const between = (from: number, to: number) => ({
      load: eventWave.area(to) - eventWave.area(from),
      square: lossy ? eventWave.squareArea(to) - eventWave.squareArea(from) : 0,
      burst: this.burstSeconds(to) - this.burstSeconds(from),
    });
    const read = between(opened, user);
    const left = between(user, kernel);
    return this.cpuRates.map(({ events, lost, burstEvents, burstLost }) => {
      const seen = events * read.load + burstEvents * read.burst;
      const unread = events * left.load + burstEvents * left.burst;
      return {
        events: Math.floor(seen + unread),
        bufferDrops: Math.floor(lost * read.square + burstLost * read.burst + unread * (1 - otherLoss)),
        otherDrops: Math.floor((seen + unread) * otherLoss),
      };
    });
  }

  /**
   * Events that reach userspace, as if counted since the start of the fleet; negative before it.
   */
  private deliveredTotal(t: number): number {
    const { events, lost, burstEvents, burstLost } = this.nodeRates;
    const burst = this.burstSeconds(t);
    const all = events * this.eventWave.area(t) + burstEvents * burst;
    const square = lost > 0 ? lost * this.eventWave.squareArea(t) : 0;
    return all * (1 - this.spec.otherLoss) - square - burstLost * burst;
  }

  private programCounters(opened: number, kernel: number, threads: number, fds: number): NodeState['programs'] {
    const calls = this.syscallTotal(kernel) - this.syscallTotal(opened);
    const rate = this.spec.syscallsPerCpu * this.spec.cpus;
    const square = rate * (this.syscallWave.squareArea(kernel) - this.syscallWave.squareArea(opened));
    // A busy host slows down each run a little: caches are colder.
    const weighted = 0.85 * calls + 0.15 * square;
    return this.programs.map(({ name, perSyscall, nanoseconds, scan }) => {
      const scanned = scan === 'threads' ? threads : scan === 'fds' ? fds : 0;
      return {
        name,
        runs: Math.floor(perSyscall * calls) + scanned,
        nanoseconds: Math.floor(perSyscall * nanoseconds * weighted) + scanned * nanoseconds,
      };
    });
  }

  private threads(
    opened: number,
    user: number,
    read: (from: number, to: number) => number,
    drops: number
  ): NodeState['threads'] {
    const initial = this.initialThreads;
    const born = 0.0006;
    const added = initial + Math.floor(born * read(opened, user));
    const removed = Math.floor(born * read(opened, Math.max(opened, user - THREAD_LIFE)));
    const { fullThreadTable } = this.spec;
    if (fullThreadTable !== undefined) {
      const refused = added - initial;
      return { initial, added: fullThreadTable + removed, removed, table: fullThreadTable, refused };
    }
    // Lost exits leave threads in the table until they are purged: the table is slightly larger
    // where events are lost.
    const left = Math.min(Math.floor(drops * 0.001), 2_000);
    return { initial, added: added + left, removed, table: added + left - removed, refused: 0 };
  }

  private fds(opened: number, user: number, read: (from: number, to: number) => number): NodeState['fds'] {
    const opens = hasEnterEvents(this.spec) ? 0.03 : 0.06;
    const initial = this.initialThreads * 46;
    const added = Math.floor(opens * read(opened, user));
    const removed = Math.floor(opens * read(opened, Math.max(opened, user - FD_LIFE)));
    return { initial, added, removed, open: initial + added - removed };
  }
}
