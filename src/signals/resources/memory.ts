import { links } from '../links';
import { exportedAlways, kernelCounter, resource, targetSetting } from '../needs';
import { cpus, anyGrouping, maxByGroup, withLabel, rate, sumByGroup } from '../templates';
import { type Advice, type Need, type Signal } from '../types';
import { duration } from './cpu';

const rss = 'falcosecurity_falco_memory_rss_bytes';
const vsz = 'falcosecurity_falco_memory_vsz_bytes';
const pss = 'falcosecurity_falco_memory_pss_bytes';
const container = 'falcosecurity_falco_container_memory_used_bytes';
const engine = 'falcosecurity_scap_engine_name_info';
/** Memory limit from the settings of the target, in bytes; exists only if it is set. */
const limit = 'falco_target_memory_limit_bytes';
const jemalloc = ['active', 'allocated', 'mapped', 'metadata', 'resident', 'retained'];

const perInstance = { default: ['$identity'], allowed: anyGrouping };

export const lessMemory: Advice = {
  when: 'Memory is close to the limit set for Falco.',
  change:
    'Lower engine.modern_ebpf.buf_size_preset (engine.kmod.buf_size_preset with the kernel module) or raise engine.modern_ebpf.cpus_for_each_buffer. Set outputs_queue.capacity. In Falco 0.42 and later, lower falco_libs.thread_table_auto_purging_interval_s and falco_libs.thread_table_auto_purging_thread_timeout_s.',
  cost: 'Smaller buffers drop more events in bursts, a bounded queue drops alerts when it is full, and purging costs CPU time.',
};

const kernelEvents = 'falcosecurity_scap_n_evts_total';
const mean = `avg_over_time(${rss}{$filter}[$window])`;
const eventRate = `(${rate(kernelEvents)} > 0)`;

/**
 * The memory to compare with a limit: that of the container, or of the process if that is unknown.
 */
const charged = `(${container}{$filter} > 0 or ${rss}{$filter})`;
/** A linear fit needs enough scrapes to be meaningful. */
const enough = `count_over_time(${rss}{$filter}[1h]) >= 20`;
const growth = `((deriv(${container}{$filter}[1h]) and ${container}{$filter} > 0 or deriv(${rss}{$filter}[1h])) and ${enough})`;
const bound = `on ($identity) group_left () (${limit}{$filter} > 0)`;
const left = `clamp_min(-(${charged} - ${bound}), 0)`;
const settled = `${duration}{$filter} > 3600`;

const jemallocNeed: Need = {
  metric: jemallocBytes('allocated'),
  anyOf: jemalloc.filter((stat) => stat !== 'allocated').map(jemallocBytes),
  config: 'metrics.jemalloc_stats_enabled',
  cost: 'a few more series; Falco builds without jemalloc have no values even then',
  since: '0.40',
};

function jemallocBytes(stat: string): string {
  return `falcosecurity_falco_jemalloc_${stat}_bytes`;
}

/** Number of 8 MiB buffers: one per two CPUs with the modern probe, otherwise one per CPU. */
const shippedBuffers = `ceil(${cpus} / 2 and on ($identity) ${engine}{engine_name="modern_bpf",$filter}) or ${cpus} and on ($identity) ${engine}{engine_name=~"kmod|bpf",$filter}`;

export const memory: Signal[] = [
  {
    id: 'memory-rss',
    title: 'Memory (RSS)',
    dimension: 'resources',
    unit: 'bytes',
    min: 0,
    summary: 'Resident memory of the Falco process',
    description:
      'Resident set size of the process. It includes the touched pages of the ring buffers, so it grows with the buffers and the number of CPUs. Groups show the maximum.',
    expr: maxByGroup(`${rss}{$filter}`),
    groupBy: perInstance,
    needs: [resource(rss)],
    advice: [lessMemory],
    link: links.performance,
  },
  {
    id: 'memory-rss-avg',
    title: 'Average memory (RSS)',
    dimension: 'resources',
    unit: 'bytes',
    min: 0,
    summary: 'Resident memory of the Falco process, averaged over the window',
    description:
      'The mean of the resident set size over the scrapes within the window. Use it to compare two periods whose last values may be outliers. Groups show the maximum.',
    expr: maxByGroup(mean),
    groupBy: perInstance,
    needs: [resource(rss)],
    advice: [lessMemory],
    link: links.performance,
  },
  {
    id: 'memory-per-event',
    title: 'Memory per event per second',
    dimension: 'resources',
    unit: 'bytes',
    min: 0,
    summary: 'Resident memory per kernel event per second',
    description:
      'Mean resident memory divided by the kernel events per second within the window. It roughly normalises by load, although most of the memory does not depend on it. Do not compare across Falco 0.42, which halved the events. Groups show their total memory divided by their total event rate.',
    expr: `sum by ($groupBy) ((${mean} and on ($identity) ${eventRate})$join) / sum by ($groupBy) ((${eventRate} and on ($identity) ${mean})$join)`,
    groupBy: perInstance,
    needs: [resource(rss), kernelCounter(kernelEvents)],
    advice: [],
    link: links.performance,
    noValueReason: 'No events within the window',
  },
  {
    id: 'memory-vsz',
    title: 'Virtual memory (VSZ)',
    dimension: 'resources',
    unit: 'bytes',
    min: 0,
    summary: 'Address space of the Falco process',
    description:
      'Virtual size of the process: address space, not memory in use. It contains the ring buffers twice. It shows differences in buffer settings, and a leak if it only grows. Groups show the maximum.',
    expr: maxByGroup(`${vsz}{$filter}`),
    groupBy: perInstance,
    needs: [resource(vsz)],
    advice: [],
    link: links.metrics,
  },
  {
    id: 'memory-pss',
    title: 'Memory (PSS)',
    dimension: 'resources',
    unit: 'bytes',
    min: 0,
    summary: 'Memory of the Falco process, with shared pages divided among their users',
    description:
      'Proportional set size: same as RSS, but a page shared by several processes counts only partially. Groups show the maximum.',
    expr: maxByGroup(`${pss}{$filter}`),
    groupBy: perInstance,
    needs: [resource(pss)],
    advice: [lessMemory],
    link: links.metrics,
  },
  {
    id: 'container-memory',
    title: 'Container memory',
    dimension: 'resources',
    unit: 'bytes',
    min: 0,
    summary: "Memory charged to Falco's container, to be compared with its limit",
    description:
      "Memory charged to the control group of Falco's container, including page cache and kernel memory but not the other containers of the pod. Falco exports 0 if it cannot read the file; there is no value then. Groups show the maximum.",
    expr: maxByGroup(`(${container}{$filter} > 0)`),
    groupBy: perInstance,
    needs: [
      {
        ...resource(container),
        unknownValue: {
          value: 0,
          because: 'Falco reads a cgroup v1 file by default, which does not exist on hosts with cgroup v2',
          change:
            "Set Falco's environment variable FALCO_CGROUP_MEM_PATH to the file with the memory usage, /sys/fs/cgroup/memory.current with cgroup v2. A privileged container does not have that file (in the Helm chart, use driver.kind modern_ebpf with driver.modernEbpf.leastPrivileged: true)",
        },
      },
    ],
    advice: [lessMemory],
    link: links.performance,
  },
  {
    id: 'memory-limit-ratio',
    title: 'Memory limit usage',
    dimension: 'resources',
    unit: 'percentunit',
    min: 0,
    summary: "Memory of Falco's container as a share of its limit",
    description:
      "Memory charged to Falco's container divided by the memory limit in the settings of the target. If the memory of the container is unknown (Falco exports 0), the resident memory of the process is used, which excludes page cache and kernel memory: the true share is higher. At the limit, the kernel kills Falco. There is a value only if a limit is set. Groups show the maximum.",
    expr: maxByGroup(`(${charged} / ${bound})`),
    groupBy: perInstance,
    needs: [resource(rss), targetSetting(limit)],
    thresholds: {
      direction: 'above',
      warning: 0.8,
      critical: 0.9,
      because:
        'At its limit Falco is OOM-killed, and nothing monitors the node until it is back. The Falco documentation recommends limits but gives no thresholds; these are ours.',
      source: links.performance,
    },
    advice: [
      {
        when: 'Memory stays close to the limit without growing: the limit is too low for the buffers and tables of this node.',
        change: 'Raise the memory limit of the container (resources.limits.memory in the Helm chart).',
        cost: 'Memory of the node.',
      },
      lessMemory,
    ],
    link: links.performance,
  },
  {
    id: 'memory-limit-remaining-time',
    title: 'Time to memory limit',
    dimension: 'resources',
    unit: 'dtdhms',
    min: 0,
    summary: "Time until Falco's memory reaches its limit if it keeps growing as in the last hour",
    description:
      'The remaining memory divided by the growth of the last hour, calculated by linear regression; always over the last hour, whatever the window. There is no value if memory does not grow, if it would take more than 30 days, before the twentieth scrape, in the first hour of a process while its tables fill, and if no limit is set. As in memory-limit-ratio, resident memory replaces an unknown container memory. Groups show the minimum.',
    expr: `min by ($groupBy) ((${left} / (${growth} > 0) < 30 * 86400 and on ($identity) ${settled})$join)`,
    groupBy: perInstance,
    needs: [resource(rss), exportedAlways(duration), targetSetting(limit)],
    thresholds: {
      direction: 'below',
      warning: 86_400,
      critical: 3_600,
      because:
        'A day leaves time to react in working hours, an hour does not. The Falco documentation gives no thresholds; these are ours.',
      source: links.performance,
    },
    advice: [
      {
        when: 'Alerts pile up in memory: outputs_queue.capacity is 0 and an output is slow.',
        change: 'Set outputs_queue.capacity, or speed up the slow output.',
        cost: 'A bounded queue drops and counts alerts when it is full.',
      },
      lessMemory,
    ],
    link: links.performance,
    noValueReason:
      'Memory does not grow towards its limit, the process is younger than an hour, or it was scraped less than 20 times within the hour',
  },
  {
    id: 'jemalloc-memory',
    title: 'jemalloc memory',
    dimension: 'resources',
    unit: 'bytes',
    min: 0,
    summary: "Memory as accounted for by Falco's allocator jemalloc",
    description:
      "Memory requested by Falco (allocated), pages that contain it (active), the allocator's own data (metadata), pages in memory (resident), mapped address space (mapped), and reserved memory (retained). A steadily growing allocated is a leak; resident far above allocated is fragmentation. Falco declares these metrics as counters, although they are gauges. Groups show the maximum.",
    expr: maxByGroup(
      `(${jemalloc.map((stat) => withLabel(`${jemallocBytes(stat)}{$filter}`, 'stat', stat)).join(' or ')})`
    ),
    groupBy: { default: ['$identity', 'stat'], allowed: anyGrouping },
    needs: [jemallocNeed],
    advice: [],
    link: links.metrics,
  },
  {
    id: 'ring-buffer-memory',
    title: 'Ring buffer memory (default sizes)',
    dimension: 'resources',
    unit: 'bytes',
    min: 0,
    summary: "Memory of the ring buffers with Falco's default buffer sizes",
    description:
      'Falco does not export the size of its buffers. This is the size that the default settings result in: 8 MiB (buf_size_preset 4) per two CPUs with the modern probe (cpus_for_each_buffer 2), per CPU with the kernel module. Preset n takes 2^(n-1) MiB per buffer, so each step doubles the value; cpus_for_each_buffer 4 halves it. The buffers are mapped twice in virtual memory. Groups show the sum.',
    expr: sumByGroup(`(${shippedBuffers}) * 8 * 1024 * 1024`),
    groupBy: perInstance,
    needs: [
      exportedAlways('falcosecurity_falco_host_num_cpus_total'),
      { metric: engine, engines: ['modern_bpf', 'kmod', 'bpf'] },
    ],
    advice: [],
    link: links.config,
    noValueReason: 'Its engine has no ring buffer',
  },
];
