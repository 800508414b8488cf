import { goFloat } from './sidekick';
import { random } from './random';
import { type NodeSpec } from './spec';
import { Wave } from './wave';

/** Seconds within which the noise is constant. */
const BLOCK = 10;

/** The load of a host per second, on average. Shares of a second are between 0 and 1. */
const USUAL = {
  cpuPressure: 0.06,
  ioPressure: 0.03,
  memoryPressure: 0.001,
  /** Per CPU. */
  runQueueDelay: 0.04,
  /** Per CPU. */
  contextSwitches: 2500,
  busy: 0.28,
  iowait: 0.01,
  receivedBytes: 4e6,
  transmittedBytes: 2.5e6,
  segments: 9000,
  retransmitted: 4,
  listenDrops: 0.01,
  reads: 40,
  writes: 160,
  /** Seconds of one read or write. */
  diskLatency: 0.0016,
};

export type HostFigure = keyof typeof USUAL;

/** What a change of Falco that slows applications down raises. */
const SLOWED: HostFigure[] = ['cpuPressure', 'ioPressure', 'runQueueDelay', 'diskLatency'];

/**
 * A counter that follows the load of its node with seeded noise, and with the hidden effect of `slowdown`. A function of
 * time: sums over blocks are remembered, so that any moment can be requested in any order.
 */
class NoisyCounter {
  private readonly sums = [0];

  /** `factor`: that of a block, by its number. */
  constructor(
    private readonly perSecond: number,
    private readonly wave: Wave,
    private readonly factor: (block: number) => number
  ) {}

  /** The count since the start of the fleet, in seconds after it. Negative before. */
  at(seconds: number): number {
    if (seconds <= 0) {
      return this.perSecond * this.wave.area(seconds);
    }
    const block = Math.floor(seconds / BLOCK);
    while (this.sums.length <= block) {
      const done = this.sums.length;
      this.sums.push(this.sums[done - 1]! + this.part(done - 1, done * BLOCK));
    }
    return this.sums[block]! + this.part(block, seconds);
  }

  /** The count within a block, up to a moment. */
  private part(block: number, until: number): number {
    return this.perSecond * this.factor(block) * (this.wave.area(until) - this.wave.area(block * BLOCK));
  }
}

/** The node_exporter of a node, and what its host really does. Its counters start at the boot of the host. */
export class NodeExporter {
  private readonly counters: Record<HostFigure, NoisyCounter>;
  private readonly scale: number;

  /** `start`: start of the fleet in milliseconds since 1970. */
  constructor(
    readonly spec: NodeSpec,
    private readonly seed: string,
    private readonly start: number
  ) {
    const own = `${seed}/${spec.name}`;
    const dayPhase = (2 * Math.PI * ((start / 1000) % 86_400)) / 86_400 - Math.PI / 2;
    // The load of the syscalls: a busier server has more pressure.
    const wave = new Wave(`${own}/load`, spec.variation, dayPhase);
    this.scale = 0.7 + 0.6 * random(`${own}/host`)();
    const counter = (figure: HostFigure) => {
      const factor = (block: number) =>
        (1 + 0.15 * (2 * random(`${own}/${figure}/${block}`)() - 1)) * this.effect(figure, block * BLOCK);
      return new NoisyCounter(USUAL[figure] * this.scale, wave, factor);
    };
    this.counters = Object.fromEntries(
      (Object.keys(USUAL) as HostFigure[]).map((figure) => [figure, counter(figure)])
    ) as Record<HostFigure, NoisyCounter>;
  }

  /** The factor of the hidden effect on a figure, `seconds` after the start of the fleet. */
  private effect(figure: HostFigure, seconds: number): number {
    const { slowdown } = this.spec;
    return slowdown && seconds * 1000 >= slowdown.from && SLOWED.includes(figure) ? slowdown.factor : 1;
  }

  /** The true mean of a figure between two times in milliseconds since 1970, noise and effect included. */
  mean(figure: HostFigure, from: number, to: number): number {
    return (this.count(figure, to) - this.count(figure, from)) / ((to - from) / 1000);
  }

  private count(figure: HostFigure, time: number): number {
    return this.counters[figure].at((time - this.start) / 1000);
  }

  /** The text of /metrics at a time in milliseconds since 1970: the families that matter here, and some others. */
  answer(time: number): string {
    const { spec, seed } = this;
    const booted = (this.spec.uptimeHours + 24) * 3600;
    const seconds = (time - this.start) / 1000;
    const uptime = booted + seconds;
    /** Counts since boot; the time before the fleet is taken as average. */
    const total = (figure: HostFigure) => USUAL[figure] * this.scale * booted + this.count(figure, time);
    const busy = total('busy');
    const iowait = total('iowait');
    const cpu = (n: number) => {
      const label = (mode: string) => `{cpu="${n}",mode="${mode}"}`;
      const modes = { idle: uptime - busy - iowait, iowait, irq: 0, nice: 0, softirq: 0.02 * busy, steal: 0 };
      return Object.entries({ ...modes, system: 0.28 * busy, user: 0.7 * busy }).map(
        ([mode, value]) => [label(mode), value] as [string, number]
      );
    };
    const cpus = Array.from({ length: spec.cpus }, (_, n) => n);
    const disk = (value: number): Array<[string, number]> => [
      ['{device="dm-0"}', value],
      ['{device="nvme0n1"}', value],
    ];
    const network = (value: number): Array<[string, number]> => [
      ['{device="eth0"}', Math.floor(value)],
      ['{device="lo"}', Math.floor(value / 50)],
      [`{device="veth${Math.floor(1e6 + 8e6 * random(`${seed}/${spec.name}/veth`)())}"}`, Math.floor(value / 3)],
    ];
    const reads = Math.floor(total('reads'));
    const writes = Math.floor(total('writes'));
    const operations = USUAL.reads + USUAL.writes;
    // The latency applies to the usual number of operations, so that noise of the one is not noise of the other.
    const diskTime = (share: number) => total('diskLatency') * share;
    const one = (value: number): Array<[string, number]> => [['', value]];
    const families: Array<[name: string, type: string, samples: Array<[string, number]>]> = [
      ['go_goroutines', 'gauge', one(8)],
      ['node_boot_time_seconds', 'gauge', one(Math.floor(this.start / 1000 - booted))],
      ['node_context_switches_total', 'counter', one(Math.floor(spec.cpus * total('contextSwitches')))],
      ['node_cpu_seconds_total', 'counter', cpus.flatMap(cpu)],
      ['node_disk_io_time_seconds_total', 'counter', disk(0.6 * diskTime(operations))],
      ['node_disk_read_time_seconds_total', 'counter', disk(diskTime(USUAL.reads))],
      ['node_disk_reads_completed_total', 'counter', disk(reads)],
      ['node_disk_write_time_seconds_total', 'counter', disk(diskTime(USUAL.writes))],
      ['node_disk_writes_completed_total', 'counter', disk(writes)],
      ['node_filesystem_avail_bytes', 'gauge', [['{device="/dev/nvme0n1p1",fstype="ext4",mountpoint="/"}', 4.2e10]]],
      ['node_netstat_TcpExt_ListenDrops', 'untyped', one(Math.floor(total('listenDrops')))],
      ['node_netstat_Tcp_OutSegs', 'untyped', one(Math.floor(total('segments')))],
      ['node_netstat_Tcp_RetransSegs', 'untyped', one(Math.floor(total('retransmitted')))],
      ['node_network_receive_bytes_total', 'counter', network(total('receivedBytes'))],
      ['node_network_transmit_bytes_total', 'counter', network(total('transmittedBytes'))],
      ['node_pressure_cpu_waiting_seconds_total', 'counter', one(total('cpuPressure'))],
      ['node_pressure_io_waiting_seconds_total', 'counter', one(total('ioPressure'))],
      ['node_pressure_memory_waiting_seconds_total', 'counter', one(total('memoryPressure'))],
      [
        'node_schedstat_waiting_seconds_total',
        'counter',
        cpus.map((n) => [`{cpu="${n}"}`, total('runQueueDelay')] as [string, number]),
      ],
      [
        'node_scrape_collector_success',
        'gauge',
        ['cpu', 'diskstats', 'filesystem', 'netdev', 'netstat', 'pressure', 'schedstat', 'stat', 'uname'].map(
          (collector) => [`{collector="${collector}"}`, 1] as [string, number]
        ),
      ],
      [
        'node_uname_info',
        'gauge',
        [
          [
            `{domainname="(none)",machine="${spec.arch}",nodename="${spec.name}",release="${spec.kernel}",sysname="Linux",version="#1 SMP PREEMPT_DYNAMIC"}`,
            1,
          ],
        ],
      ],
      ['process_start_time_seconds', 'gauge', one(Math.floor(this.start / 1000 - booted) + 60)],
    ];
    return families
      .map(
        ([name, type, samples]) =>
          `# HELP ${name} Simulated.\n# TYPE ${name} ${type}\n${samples.map(([labels, value]) => `${name}${labels} ${goFloat(value)}\n`).join('')}`
      )
      .join('');
  }
}
