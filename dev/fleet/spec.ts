import { type Way } from './alerts';
import { RULES, type Rule } from './rules';

export type EngineName = 'modern_bpf' | 'kmod';

/** The groups of `metrics.*_enabled` in falco.yaml; without a group its samples are missing. */
export interface Switches {
  resources: boolean;
  state: boolean;
  kernel: boolean;
  perCpu: boolean;
  /** Also requires kernel.bpf_stats_enabled=1 on the host; this stands for both. */
  libbpf: boolean;
  iterators: boolean;
  plugins: boolean;
  rules: boolean;
  jemalloc: boolean;
}

/** What replaces a good response; see answers.ts. */
export type BadAnswer =
  | 'slow'
  | 'endless'
  | 'oversized'
  | 'gzip-bomb'
  | 'cut-off'
  | 'reset'
  | 'redirect'
  | 'html'
  | 'not-found'
  | 'server-error'
  | 'unauthorized'
  | 'content-type'
  | 'empty'
  | 'binary'
  | 'garbage-line'
  | 'no-value'
  | 'run-together'
  | 'dots'
  | 'duplicate'
  | 'label-twice'
  | 'huge-label'
  | 'not-falco';

/** Interruptions; times in milliseconds from the start of the fleet. */
export interface Interruption {
  /** `reload` keeps the process and its start time; `move` starts the node at its other address. */
  kind: 'restart' | 'reload' | 'move';
  first: number;
  /** The interval; Infinity for once. */
  every: number;
  /** Nothing listens, or, with `cutsOff`, responses are cut off, as by a process that crashes while it is scraped. */
  down: number;
  cutsOff?: true;
  /** The web server returns 404: the capture is not open yet. */
  starting: number;
}

export interface NodeSpec {
  name: string;
  /** The node of this name runs on the same host: both report its boot time, load and events. */
  hostOf?: string;
  /** /targets?cluster=NAME lists the nodes of one cluster. */
  cluster: string;
  version: string;
  engine: EngineName;
  arch: 'x86_64' | 'aarch64';
  kernel: string;
  /** Online CPUs. */
  cpus: number;
  /** Possible CPUs of the kernel; modern_bpf lists all of them. */
  possibleCpus: number;
  /** Syscalls per second and CPU, on average: the load of the server. */
  syscallsPerCpu: number;
  /** Share of the syscalls that Falco's driver handles as events. */
  take: number;
  /** Events per second and CPU that userspace keeps up with; the excess is lost. */
  capacityPerCpu: number;
  /**
   * Share of events lost for another reason: oversized (modern_bpf) or unreadable memory (kmod).
   */
  otherLoss: number;
  /** Variation of the load around its average; below 1. */
  variation: number;
  /** How unevenly the CPUs are used; 0 is even. */
  skew: number;
  /** CPU seconds that Falco's userspace spends per event. */
  cpuPerEvent: number;
  uptimeHours: number;
  /** Factor on the matches of every rule. */
  noise: number;
  rules: Rule[];
  /** Determines the content of the rules file: another word, another digest. */
  rulesFile: string;
  configFile: string;
  /**
   * Share of alerts dropped because the bounded outputs queue was full; 0 for an unbounded queue.
   */
  queueLoss: number;
  /** Share of the sent alerts that never reached Falcosidekick. */
  wayLoss?: number;
  /** How its alerts reach the alert receiver, where that differs from the other nodes. */
  way?: Partial<Way>;
  /** The container plugin has no data from the container runtime. */
  containersUnseen?: boolean;
  /**
   * The event loop hangs from then on (milliseconds from the start of the fleet): the metrics that it refreshes are
   * frozen, while duration and rules are still served.
   */
  hangsAt?: number;
  /** FALCO_CGROUP_MEM_PATH is set: container memory is known. */
  containerMemory: boolean;
  /** TOCTOU syscalls for which the kernel has an `__ia32_compat_sys_*` symbol. */
  compatSyscalls: readonly string[];
  switches: Switches;
  interruption?: Interruption;
  /** Nothing ever listens at its address. */
  absent?: boolean;
  /** Alternates with the node of this name, like behind a load balancer. */
  sharesAddressWith?: string;
  /** From then on (milliseconds from the start of the fleet), userspace reads no events. */
  stalledAt?: number;
  /** Thread table capacity once it is full. */
  fullThreadTable?: number;
  /** Exited threads that stay in the table because their exit event was lost. */
  deadThreads?: number;
  /**
   * Resident KiB in addition to the normal size at the start of the fleet, and KiB added per second
   * after it.
   */
  memory?: { extra: number; growth: number };
  /**
   * Falco's messages about itself, as Falcosidekick counts them: one at the start of the fleet,
   * then one per interval in milliseconds.
   */
  messages?: Array<{ rule: Rule; every: number }>;
  /**
   * The load is `factor` times as high between the two times (milliseconds from the start of the
   * fleet), repeated at the interval in milliseconds if set.
   */
  burst?: { from: number; to: number; factor: number; every?: number };
  /**
   * The hidden effect of a change of Falco: from then on (milliseconds from the start of the fleet), tasks of the node wait
   * longer by this factor. node_exporter shows it in pressure, run-queue delay and disk latency.
   */
  slowdown?: { from: number; factor: number };
  badAnswer?: BadAnswer;
}

const ALL_ON: Switches = {
  resources: true,
  state: true,
  kernel: true,
  perCpu: true,
  libbpf: true,
  iterators: true,
  plugins: true,
  rules: true,
  jemalloc: false,
};

/** A healthy modern_bpf Falco on an 8-CPU server, with `changes` applied. */
export function nodeSpec(
  changes: Partial<Omit<NodeSpec, 'switches'>> & { name: string; switches?: Partial<Switches> }
): NodeSpec {
  const cpus = changes.cpus ?? 8;
  return {
    cluster: 'demo',
    version: '0.44.1',
    engine: 'modern_bpf',
    arch: 'x86_64',
    kernel: '6.8.0-79-generic',
    cpus,
    possibleCpus: cpus,
    syscallsPerCpu: 18_000,
    take: 0.05,
    capacityPerCpu: 3_000,
    otherLoss: 0,
    variation: 0.3,
    skew: 0.25,
    cpuPerEvent: 7e-6,
    uptimeHours: 53,
    noise: 1,
    rules: RULES,
    rulesFile: 'stable',
    configFile: 'default',
    queueLoss: 0,
    containerMemory: false,
    compatSyscalls: ['connect', 'creat', 'open', 'openat', 'openat2'],
    ...changes,
    switches: { ...ALL_ON, ...changes.switches },
  };
}
