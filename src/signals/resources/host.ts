import { links } from '../links';
import { resource } from '../needs';
import { anyGrouping, highest } from '../templates';
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
    summary: 'Share of the node’s CPU time that was not idle, on average since it was booted',
    description:
      'Falco’s figure of the host, over all CPUs: an average since the boot, not the present load. Waiting for disks counts as busy, time that a hypervisor took is not counted. Hold it beside Falco’s share of the node; to see the present load, use the server load (system calls) or the host’s own monitoring. A group of nodes shows its highest.',
    expr: highest(`${hostCpu}{$filter}`),
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
    summary: 'Memory of the node that is in use, without buffers and cache',
    description:
      'Total memory less free memory, buffers and page cache, now. Falco holds it in a number that starts again from 0 above 4 TiB. A group of nodes shows its highest.',
    expr: highest(`${hostMemory}{$filter}`),
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
    summary: 'File handles that the node’s kernel has allocated',
    description:
      'All open files of the node, now (the first number of /proc/sys/fs/file-nr). It tells a host that runs out of files; Falco’s own table of files is another matter. Falco’s name for it ends in _total, though it goes up and down. A group of nodes shows its highest.',
    expr: highest(`${openFiles}{$filter}`),
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
    summary: 'Threads of the node that run or wait for a CPU at the moment of the scrape',
    description:
      'Runnable threads now, not the number of processes (procs_running of /proc/stat). Far above the number of CPUs, the node is short of CPU time, and Falco waits like everybody. It is a glimpse at the moment of the scrape: look at many. A group of nodes shows its highest.',
    expr: highest(`${running}{$filter}`),
    groupBy: perInstance,
    needs: [resource(running)],
    advice: [],
    link: links.metrics,
  },
];
