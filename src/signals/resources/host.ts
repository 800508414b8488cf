import { links } from '../links';
import { resource } from '../needs';
import { onFalcoNodes } from '../node-exporter';
import { anyGrouping, maxByGroup, withLabel } from '../templates';
import { type Signal } from '../types';
import { busyCpus } from './node';

const hostCpu = 'falcosecurity_falco_host_cpu_usage_ratio';
const hostMemory = 'falcosecurity_falco_host_memory_used_bytes';
const openFiles = 'falcosecurity_falco_host_open_fds_total';
const running = 'falcosecurity_falco_host_procs_running_total';

const now = withLabel(onFalcoNodes(busyCpus), 'basis', 'now');
const sinceBoot = withLabel(`${hostCpu}{$filter}`, 'basis', 'since boot');

const perInstance = { default: ['$identity'], allowed: anyGrouping };

export const host: Signal[] = [
  {
    id: 'host-cpu-usage-ratio',
    title: 'Host CPU',
    dimension: 'resources',
    unit: 'percentunit',
    min: 0,
    max: 1,
    summary: "Share of the node's CPU time that is used: now if node_exporter is scraped, else on average since boot",
    description:
      "Group by basis to see which of two values this is. now: the CPU time used within the window, from node_exporter (host-cpu-busy-ratio). since boot: Falco's own metric of the host, which hardly changes after days; I/O wait counts as busy in it, steal time does not. Compare with Falco's share of the node. Groups show the maximum.",
    expr: maxByGroup(`(${now} or ${sinceBoot} unless on ($identity) ${now})`),
    groupBy: { default: ['$identity'], allowed: [...anyGrouping, 'basis'] },
    needs: [],
    noValueReason:
      'Neither node_exporter is scraped nor does Falco export the value (metrics.resource_utilization_enabled is off, or it has no engine for system calls)',
    advice: [],
    link: links.metrics,
  },
  {
    id: 'host-memory-used',
    title: 'Host memory used',
    dimension: 'resources',
    unit: 'bytes',
    min: 0,
    summary: 'Memory of the node in use, without buffers and cache',
    description:
      "Total memory minus free memory, buffers and page cache. Falco's counter wraps around at 4 TiB. Groups show the maximum.",
    expr: maxByGroup(`${hostMemory}{$filter}`),
    groupBy: perInstance,
    needs: [resource(hostMemory)],
    advice: [],
    link: links.metrics,
  },
  {
    id: 'host-open-fds',
    title: 'Host open file descriptors',
    dimension: 'resources',
    unit: 'short',
    decimals: 0,
    min: 0,
    summary: "File handles allocated by the node's kernel",
    description:
      "All open files of the node (first number of /proc/sys/fs/file-nr). It shows whether the host is about to run out of file handles and is unrelated to Falco's own file descriptor table. It is a gauge although Falco's metric name ends in _total. Groups show the maximum.",
    expr: maxByGroup(`${openFiles}{$filter}`),
    groupBy: perInstance,
    needs: [resource(openFiles)],
    advice: [],
    link: links.metrics,
  },
  {
    id: 'host-procs-running',
    title: 'Host running processes',
    dimension: 'resources',
    unit: 'short',
    decimals: 0,
    min: 0,
    summary: 'Threads of the node that are running or waiting for a CPU at the time of the scrape',
    description:
      'Runnable threads, not the number of processes (procs_running of /proc/stat). Far above the number of CPUs, the node lacks CPU time, and Falco has to wait too. It is a snapshot at the time of the scrape, so look at several. Groups show the maximum.',
    expr: maxByGroup(`${running}{$filter}`),
    groupBy: perInstance,
    needs: [resource(running)],
    advice: [],
    link: links.metrics,
  },
];
