import { links } from '../links';
import { always, kernelCounter, resource, setting } from '../needs';
import { cpus, anyGrouping, highest, named, rate, total } from '../templates';
import { type Advice, type Need, type Signal } from '../types';
import { duration } from './cpu';

const rss = 'falcosecurity_falco_memory_rss_bytes';
const vsz = 'falcosecurity_falco_memory_vsz_bytes';
const pss = 'falcosecurity_falco_memory_pss_bytes';
const container = 'falcosecurity_falco_container_memory_used_bytes';
const engine = 'falcosecurity_scap_engine_name_info';
/** The memory limit of the target's settings, in bytes; only where one is set. */
const limit = 'falco_target_memory_limit_bytes';
const jemalloc = ['active', 'allocated', 'mapped', 'metadata', 'resident', 'retained'];

const perInstance = { default: ['$identity'], allowed: anyGrouping };

export const lessMemory: Advice = {
  when: 'Memory is close to the limit that you set for Falco.',
  change:
    'Lower engine.modern_ebpf.buf_size_preset (engine.kmod.buf_size_preset with the kernel module) or raise engine.modern_ebpf.cpus_for_each_buffer; bound outputs_queue.capacity; since Falco 0.42 lower falco_libs.thread_table_auto_purging_interval_s and falco_libs.thread_table_auto_purging_thread_timeout_s.',
  cost: 'Smaller buffers drop more in bursts, a bounded queue drops alerts when it is full, purging costs CPU time.',
};

const kernelEvents = 'falcosecurity_scap_n_evts_total';
const mean = `avg_over_time(${rss}{$filter}[$window])`;
const eventRate = `(${rate(kernelEvents)} > 0)`;

/** What is held against a limit: the container's memory, the process's where that is unknown. */
const charged = `(${container}{$filter} > 0 or ${rss}{$filter})`;
/** A line through a few scrapes follows chance. */
const enough = `count_over_time(${rss}{$filter}[1h]) >= 20`;
const growth = `((deriv(${container}{$filter}[1h]) and ${container}{$filter} > 0 or deriv(${rss}{$filter}[1h])) and ${enough})`;
const bound = `on ($identity) group_left () (${limit}{$filter} > 0)`;
const left = `clamp_min(-(${charged} - ${bound}), 0)`;
const settled = `${duration}{$filter} > 3600`;

const jemallocNeed: Need = {
  metric: jemallocBytes('allocated'),
  anyOf: jemalloc.filter((stat) => stat !== 'allocated').map(jemallocBytes),
  config: 'metrics.jemalloc_stats_enabled',
  cost: 'a few more series; builds of Falco without jemalloc have no figures even so',
  since: '0.40',
};

function jemallocBytes(stat: string): string {
  return `falcosecurity_falco_jemalloc_${stat}_bytes`;
}

/** Buffers of 8 MiB: one for every two CPUs with the modern probe, one for each CPU otherwise. */
const shippedBuffers = `ceil(${cpus} / 2 and on ($identity) ${engine}{engine_name="modern_bpf",$filter}) or ${cpus} and on ($identity) ${engine}{engine_name=~"kmod|bpf",$filter}`;

export const memory: Signal[] = [
  {
    id: 'memory-rss',
    title: 'Memory (RSS)',
    dimension: 'resources',
    unit: 'bytes',
    min: 0,
    summary: 'Memory of the Falco process that is resident',
    description:
      'Resident set size of the process. The pages of the ring buffers that were touched are in it, so that it grows with buffers and CPUs. A group of nodes shows its highest.',
    expr: highest(`${rss}{$filter}`),
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
    summary: 'Memory of the Falco process that is resident, averaged over the window',
    description:
      'The mean of the resident set size over the scrapes of the window. It is for comparing two stretches of time, of which the last value of either may be a chance. A group of nodes shows its highest.',
    expr: highest(mean),
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
    summary: 'Resident memory for each kernel event a second',
    description:
      'Mean resident memory divided by the kernel events per second of the window. It takes the load out, roughly: most of the memory does not depend on it. Not to be compared across Falco 0.42, which halved the events. A group of nodes shows the memory of all of them for each of their events.',
    expr: `sum by ($groupBy) ((${mean} and on ($identity) ${eventRate})$join) / sum by ($groupBy) ((${eventRate} and on ($identity) ${mean})$join)`,
    groupBy: perInstance,
    needs: [resource(rss), kernelCounter(kernelEvents)],
    advice: [],
    link: links.performance,
    noValueReason: 'No event happened within the window',
  },
  {
    id: 'memory-vsz',
    title: 'Virtual memory (VSZ)',
    dimension: 'resources',
    unit: 'bytes',
    min: 0,
    summary: 'Address space of the Falco process',
    description:
      'Virtual size of the process: address space, not memory in use. The ring buffers are mapped twice in it. It tells buffer settings apart, and a leak when it only ever grows. A group of nodes shows its highest.',
    expr: highest(`${vsz}{$filter}`),
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
    summary: 'Memory of the Falco process, shared pages counted by their share',
    description:
      'Proportional set size: as RSS, but a page shared by several processes counts only by its share. A group of nodes shows its highest.',
    expr: highest(`${pss}{$filter}`),
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
    summary: 'Memory charged to Falco’s container: the figure to hold against its limit',
    description:
      'What the control group of Falco’s container is charged with, page cache and kernel memory included; other containers of the pod are not. 0 means that Falco could not read the file, and gives no figure here. A group of nodes shows its highest.',
    expr: highest(`(${container}{$filter} > 0)`),
    groupBy: perInstance,
    needs: [
      {
        ...resource(container),
        unknownValue: {
          value: 0,
          because: 'Falco looks for a file of cgroup v1 by default, which hosts with cgroup v2 do not have',
          change:
            'Set the environment variable FALCO_CGROUP_MEM_PATH of Falco to the file with the memory in use, /sys/fs/cgroup/memory.current with cgroup v2; a privileged container does not have that file (in the Helm chart: driver.kind modern_ebpf with driver.modernEbpf.leastPrivileged: true)',
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
    summary: 'Memory of Falco’s container as a share of its limit',
    description:
      'Memory charged to Falco’s container divided by the memory limit that the target has in the settings of the data source. Where the container’s memory is unknown (Falco writes 0), the resident memory of the process stands in, which lacks page cache and kernel memory: the true share is higher then. At the limit the kernel kills Falco. There is a figure only where a limit is set. A group of nodes shows its highest.',
    expr: highest(`(${charged} / ${bound})`),
    groupBy: perInstance,
    needs: [resource(rss), setting(limit)],
    thresholds: {
      direction: 'above',
      warning: 0.8,
      critical: 0.9,
      because:
        'At its limit Falco is killed, and nobody watches the node until it is back. The project asks to set limits and names no bounds: these are ours.',
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
    unit: 's',
    min: 0,
    summary: 'Time until Falco’s memory reaches its limit, if it goes on growing as in the last hour',
    description:
      'What is left to the limit, divided by the growth in the last hour, fitted as a straight line; always the last hour, whatever the window. No figure where memory does not grow, where it would take more than 30 days, before the twentieth scrape, in the first hour of a process, which fills its tables, and where no limit is set. As with the share of the limit, resident memory stands in for a container’s memory that is unknown. A group of nodes shows its soonest.',
    expr: `min by ($groupBy) ((${left} / (${growth} > 0) < 30 * 86400 and on ($identity) ${settled})$join)`,
    groupBy: perInstance,
    needs: [resource(rss), always(duration), setting(limit)],
    thresholds: {
      direction: 'below',
      warning: 86_400,
      critical: 3_600,
      because: 'A day leaves time to act by day, an hour does not. The project names no bounds: these are ours.',
      source: links.performance,
    },
    advice: [
      {
        when: 'Alerts pile up in memory: outputs_queue.capacity is 0, and an output is slow.',
        change: 'Bound outputs_queue.capacity, or speed the slow output up.',
        cost: 'A full queue with a bound drops alerts, and counts them.',
      },
      lessMemory,
    ],
    link: links.performance,
    noValueReason:
      'Memory does not grow towards its limit, or the process is younger than an hour, or it has not been scraped 20 times within the hour',
  },
  {
    id: 'jemalloc-memory',
    title: 'jemalloc memory',
    dimension: 'resources',
    unit: 'bytes',
    min: 0,
    summary: 'Memory as Falco’s allocator jemalloc accounts for it',
    description:
      'What Falco asked for (allocated), the pages that hold it (active), the allocator’s own (metadata), pages in memory (resident), address space in use (mapped), and what is kept in reserve (retained). allocated that grows without end is a leak; resident far above allocated is fragmentation. Falco declares these figures counters, which they are not. A group of nodes shows its highest.',
    expr: highest(`(${jemalloc.map((stat) => named(`${jemallocBytes(stat)}{$filter}`, 'stat', stat)).join(' or ')})`),
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
    summary: 'Memory of the ring buffers if Falco runs with the sizes it ships with',
    description:
      'Falco does not tell the size of its buffers; this is what the shipped settings make of the node: 8 MiB (buf_size_preset 4) for every two CPUs with the modern probe (cpus_for_each_buffer 2), for each CPU with the kernel module. Preset n takes 2^(n-1) MiB a buffer, so that each step up doubles this figure; cpus_for_each_buffer 4 halves it. The buffers are mapped twice in virtual memory. A group of nodes shows its sum.',
    expr: total(`(${shippedBuffers}) * 8 * 1024 * 1024`),
    groupBy: perInstance,
    needs: [
      always('falcosecurity_falco_host_num_cpus_total'),
      { metric: engine, engines: ['modern_bpf', 'kmod', 'bpf'] },
    ],
    advice: [],
    link: links.config,
    noValueReason: 'Its engine has no ring buffer',
  },
];
