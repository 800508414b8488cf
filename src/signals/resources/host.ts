import { links } from '../links';
import { resource } from '../needs';
import { anyGrouping, maxByGroup } from '../templates';
import { type Signal } from '../types';

const hostCpu = 'falcosecurity_falco_host_cpu_usage_ratio';
const hostMemory = 'falcosecurity_falco_host_memory_used_bytes';
const openFiles = 'falcosecurity_falco_host_open_fds_total';
const running = 'falcosecurity_falco_host_procs_running_total';

const perInstance = { default: ['$identity'], allowed: anyGrouping };

export const host: Signal[] = [
  {
    id: 'host-cpu-usage-ratio',
    title: 'Host CPU since boot',
    dimension: 'resources',
    unit: 'percentunit',
    min: 0,
    max: 1,
    summary: "Share of the node's CPU time that was not idle, on average since its boot",
    description:
      "Falco's metric of the host over all CPUs: an average since the boot, not the current load. I/O wait counts as busy, steal time does not. Compare with Falco's share of the node. For the current load, use server-load or the monitoring of the host. Groups show the maximum.",
    expr: maxByGroup(`${hostCpu}{$filter}`),
    groupBy: perInstance,
    needs: [resource(hostCpu)],
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
